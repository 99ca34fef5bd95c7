/**
 * In: operations of the contract, and names of objects that are there. Out: requests that are mostly what the contract
 * says and broken in one place or another: another kind, too long, too many, unknown, of another object, cut off.
 */
import fc from 'fast-check';
import type { Operation } from '../../../libs/api-contract/operation.ts';

export interface MadeUpRequest {
  readonly operation: Operation;
  /** Which of the keys. */
  readonly key: number;
  readonly url: string;
  /** Null: none. */
  readonly body: string | Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** What requests may name; it changes as objects come and go. */
export interface Known {
  readonly ids: readonly string[];
  /** Cursors that lists have answered. */
  readonly cursors: readonly string[];
}

const idsMax = 10;
const keysMax = 3;
const tooMany = 10_000;
/** More than any body may have, those of lists of events included. */
const tooLarge = 17 * 1024 * 1024;

const oddTexts = [
  '',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00x',
  '\u202e',
  '\ufeff',
  'e\u0301',
  'ﷺ',
  '👩‍👩‍👧‍👦',
  '%',
  '%00',
  '../..',
  '{}',
  'null',
  "' or 1=1 --",
  'x\r\nx-injected: 1',
  'x\nx-injected: 1',
  '__proto__',
  'constructor',
  '💥',
  'x'.repeat(300),
  'é'.repeat(5000),
  '*',
  'a.*',
];
const oddNumbers = [-1, -0, 0, 1, 1.5, 1e21, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), 1e308, 5e-324];
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, {}, [], [[]], [null], { a: { b: {} } }, ...oddTexts, ...oddNumbers),
  fc.json().map((text): unknown => JSON.parse(text)),
  fc.string({ unit: 'binary', maxLength: 50 }),
);
const oddTime = fc.constantFrom(
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+23:59',
  '2026-02-30T00:00:00Z',
  '2026-03-14T24:00:00Z',
  '2026-03-14T09:26:60Z',
  '2026-03-14T09:26:53',
  '9999-12-31T23:59:59.999999999Z',
  '+275760-09-13T00:00:00.000Z',
);
const oddName = fc.oneof(fc.constantFrom(...oddTexts, 'type', 'data.a', '$and', '$or', 'x-a', 'Host'), fc.string());

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Mostly what the schema says, sometimes anything. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 20, arbitrary: fittingValue(schema) }, { weight: 1, arbitrary: oddValue });
}

function fittingValue(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(fittingValue));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) return objectOf(schema.properties);
  if (schema.format === 'date-time') {
    const times = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') });
    return fc.oneof(
      { weight: 1, arbitrary: oddTime },
      { weight: 4, arbitrary: times.map((date) => date.toISOString()) },
    );
  }
  switch (schema.type) {
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -10, max: schema.maximum ?? 1_000_000 });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return listOf(valueOf(schema.items ?? {}));
    case 'object':
      return fc.oneof(
        fc.dictionary(oddName, oddValue, { maxKeys: 3 }),
        fc.dictionary(fc.constantFrom('x-a', 'X-B', 'authorization'), fc.constantFrom(...oddTexts, 'fine'), {
          maxKeys: 2,
        }),
      );
    case 'string': {
      const fitting = [...(schema.examples ?? []), 'https://example.com', 'order.created', 'x'];
      return fc.oneof(
        fc.constantFrom<unknown>(...fitting),
        fc.constantFrom(...oddTexts),
        fc.string({ unit: 'grapheme' }),
      );
    }
    default:
      return oddValue;
  }
}

/** Some of the members, now and then one that nobody knows. */
function objectOf(properties: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  const members = Object.entries(properties).map(([name, member]) => [name, valueOf(member)] as const);
  const known = fc.record(Object.fromEntries(members), { requiredKeys: [] });
  const unknown = fc.tuple(known, oddName, oddValue).map(([object, name, value]) => ({ ...object, [name]: value }));
  return fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: unknown });
}

/** A few, seldom very many of the same. */
function listOf(item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 40, arbitrary: fc.array(item, { maxLength: 4 }) },
    { weight: 1, arbitrary: item.map((value) => Array.from({ length: tooMany }, () => value)) },
  );
}

const cursorOf = (known: () => Known) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.nat(1000).map((index) => pick(known().cursors, index)) },
    { weight: 1, arbitrary: fc.constantFrom(...oddTexts, 'WyJ4Il0', '____') },
    { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text).toString('base64url')) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.oneof(fc.constantFrom(...oddTexts), fc.constantFrom(...oddNumbers), oddTime), { maxLength: 3 })
        .map((position) => Buffer.from(JSON.stringify(position)).toString('base64url')),
    },
  );

function pick(values: readonly string[], index: number): string {
  return values[index % Math.max(values.length, 1)] ?? '';
}

/** The query as it is written: values, now and then one twice. */
function queryOf(operation: Operation, known: () => Known): fc.Arbitrary<string> {
  const schema = operation.query as Schema;
  const asked = fc.oneof({ weight: 3, arbitrary: valueOf(schema) }, { weight: 1, arbitrary: fc.constant({}) });
  const cursor = 'cursor' in (schema.properties ?? {}) ? cursorOf(known) : fc.constant(null);
  return fc.tuple(asked, oneIn(3, cursor), fc.nat(30)).map(([values, position, chance]) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(values ?? {})) {
      query.append(name, typeof value === 'string' ? value : JSON.stringify(value));
    }
    if (position !== null) query.set('cursor', position);
    const [first] = query;
    if (chance === 0 && first !== undefined) query.append(...first);
    return query.toString();
  });
}

function bodyOf(operation: Operation): fc.Arbitrary<string | Buffer | null> {
  if (operation.method === 'get' || operation.method === 'delete') return fc.constant(null);
  const example = JSON.stringify(operation.example ?? {});
  const made = valueOf(operation.body as Schema).map((value) => JSON.stringify(value) || 'null');
  return fc.oneof(
    { weight: 30, arbitrary: made },
    { weight: 30, arbitrary: fc.constant(example) },
    { weight: 3, arbitrary: fc.nat(example.length).map((end) => example.slice(0, end)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '{', '[]', '"x"', 'NaN', '{"a":1,"a":2}', '['.repeat(200), '\ufeff{}'),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constant(`[${Array.from({ length: tooMany }, () => example).join(',')}]`) },
  );
}

/** So large that few of them are made. */
const largeBody = fc.constant(null).map(() => `{"data":"${'x'.repeat(tooLarge)}"}`);

const headers = fc
  .record({
    'idempotency-key': oneIn(5, fc.constantFrom('a', 'b', 'c', '', ' ', 'é', 'x'.repeat(300))),
    'content-type': oneIn(
      40,
      fc.constantFrom(
        'text/plain',
        'application/json; charset=utf-16',
        'application/xml',
        '',
        'application/merge-patch+json',
      ),
    ),
    'if-match': oneIn(10, fc.constantFrom('*', '"1"', 'W/"1"', '"', '', '"1", "2"', 'x'.repeat(2000))),
    'last-event-id': oneIn(20, fc.constantFrom('', '0', '0-0', '%', '-1', 'x'.repeat(3000))),
  })
  .map((all) =>
    Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
  );

/** Null otherwise. */
function oneIn<T>(count: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: count - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

/** Which of the known ids a place in a path is for; null: none of them. */
const idPlaces: readonly (readonly [place: string, index: number])[] = [
  ['clients/{id}', 0],
  ['{keyId}', 1],
  ['webhooks/{id}', 2],
  ['deliveries/{id}', 3],
  ['events/{id}', 4],
  ['{type}', 5],
  ['{sessionId}', 6],
  ['replays/{id}', 7],
  ['erasures/{id}', 8],
  ['{secretId}', 9],
];

/** Mostly an object of the right kind, often one of another kind, sometimes anything. */
function pathOf(operation: Operation, known: () => Known): fc.Arbitrary<string> {
  const places = [...operation.path.matchAll(/[\w-]+\/\{\w+\}/g)].map(([place]) => place);
  const values = places.map((place) => {
    const right = idPlaces.find(([name]) => place.endsWith(name))?.[1] ?? 0;
    const index = fc.oneof({ weight: 3, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: fc.nat(idsMax - 1) });
    return fc.oneof(
      { weight: 16, arbitrary: index.map((one) => known().ids[one] ?? '') },
      { weight: 2, arbitrary: fc.constantFrom(...oddTexts) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    );
  });
  return fc.tuple(...values).map((chosen) => {
    const left = [...chosen];
    return operation.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent((left.shift() ?? '').toWellFormed()));
  });
}

/** @param known asked anew for each request */
export function requestOf(operation: Operation, known: () => Known): fc.Arbitrary<MadeUpRequest> {
  const body = bodyOf(operation);
  return fc
    .record({
      // Mostly the admin's: another one is refused at most doors.
      key: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(keysMax - 1) }),
      path: pathOf(operation, known),
      query: queryOf(operation, known),
      body: fc.oneof(
        { weight: 500, arbitrary: body },
        { weight: 1, arbitrary: operation.method === 'get' ? body : largeBody },
      ),
      headers,
    })
    .map(({ path, query, ...request }) => ({ operation, url: query === '' ? path : `${path}?${query}`, ...request }));
}
