/** Requests made up from the contract and broken at random: whatever comes, the server never fails. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';

const requestsMax = Number(process.env['FUZZ_REQUESTS'] ?? 1_500);

let world: World;
let ids: string[];
let keys: string[];

/** Objects that the requests may name. */
async function makeObjects(): Promise<void> {
  const client = await newClient(world);
  const { id: webhookId } = await newWebhook(world, client.key);
  const { deliveryId, eventId } = await seedHistory(world.env.DATABASE_URL, { clientId: client.id, webhookId });
  const publisher = await world.ask('POST /v1/api-keys', { body: { name: 'p', role: 'publisher' } });
  ids = [client.id, client.keyId, webhookId, deliveryId, eventId, 'order.created'];
  keys = [world.adminKey, client.key, String(publisher.body['key'])];
}

beforeAll(async () => {
  world = await startWorld();
  await makeObjects();
}, 120_000);

afterAll(async () => {
  await world.close();
});

const oddTexts = [
  '',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e',
  '%',
  '%00',
  '../..',
  '{}',
  'null',
  "' or 1=1 --",
  '💥',
  'x'.repeat(300),
  '*',
  'a.*',
];
const oddNumbers = [-1, 0, 1, 1.5, 1e21, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308];
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, {}, [], [[]], [null], { a: { b: {} } }, ...oddTexts, ...oddNumbers),
  fc.json().map((text): unknown => JSON.parse(text)),
  fc.string({ unit: 'binary', maxLength: 50 }),
);
const oddTime = fc.constantFrom(
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '1970-01-01T00:00:00+23:59',
  '2026-02-30T00:00:00Z',
);

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Mostly what the schema says, sometimes anything. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary: fittingValue(schema) }, { weight: 1, arbitrary: oddValue });
}

function fittingValue(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(fittingValue));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) {
    const members = Object.entries(schema.properties).map(([name, member]) => [name, valueOf(member)] as const);
    return fc.record(Object.fromEntries(members), { requiredKeys: [] });
  }
  if (schema.format === 'date-time')
    return fc.oneof(
      oddTime,
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
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
      return fc.array(valueOf(schema.items ?? {}), { maxLength: 4 });
    case 'object':
      return fc.dictionary(
        fc.oneof(fc.constantFrom(...oddTexts, 'type', 'data.a', '$and', 'x-a'), fc.string()),
        oddValue,
        { maxKeys: 3 },
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

function requestOf(operation: Operation) {
  const text = fc.oneof(
    { weight: 16, arbitrary: fc.nat(5).map((index) => ids[index] ?? '') },
    { weight: 2, arbitrary: fc.constantFrom(...oddTexts) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
  return fc.record({
    operation: fc.constant(operation),
    // Mostly the admin's: another one is refused at most doors.
    key: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
    params: fc.array(text, { minLength: 2, maxLength: 2 }),
    query: fc.oneof(valueOf(operation.query as Schema), fc.constant({})),
    body: fc.oneof(
      { weight: 6, arbitrary: valueOf(operation.body as Schema) },
      { weight: 6, arbitrary: fc.constant(operation.example) },
    ),
    idempotencyKey: fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 5, nil: null }),
  });
}

test('no request makes the server fail', async () => {
  const accepted = new Set<string>();
  // A ping would wait for a dispatcher that is not there.
  const operations = allOperations.filter(({ id }) => id !== 'pingWebhook');
  await fc.assert(
    fc.asyncProperty(fc.oneof(...operations.map(requestOf)), async (request) => {
      const { operation, params, query } = request;
      const values = [...params];
      const path = operation.path.replaceAll(/\{\w+\}/g, () =>
        encodeURIComponent((values.shift() ?? '').toWellFormed()),
      );
      const asked = new URLSearchParams(
        Object.entries(query ?? {}).map(([name, value]): [string, string] => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      );
      const hasBody = operation.method !== 'get' && operation.method !== 'delete';
      const answer = await world.ask(`${operation.method.toUpperCase()} ${path}?${asked.toString()}`, {
        key: keys[request.key] ?? '',
        ...(hasBody ? { body: JSON.stringify(request.body ?? {}) } : {}),
        ...(request.idempotencyKey === null ? {} : { headers: { 'idempotency-key': request.idempotencyKey } }),
      });
      if (answer.status < 300) accepted.add(operation.id);
      // What was deleted or revoked would have every later request refused at the door.
      if (answer.status === 204) await makeObjects();
      if (answer.status >= 500) throw new Error(`${operation.id}: ${answer.status} ${answer.text}`);
    }),
    { numRuns: requestsMax, endOnFailure: true },
  );
  process.stdout.write(
    `fuzz: ${requestsMax} requests, ${accepted.size} of ${operations.length} operations accepted some\n`,
  );
  // Requests that are all refused at the door would prove little.
  expect(accepted.size).toBeGreaterThan(operations.length / 2);
}, 600_000);
