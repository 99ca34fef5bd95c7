/** Everything that reads what a stranger wrote takes time in proportion to its length, whatever is in it. */
import { expect, test } from '@jest/globals';
import { sampleText } from '../../apps/management-api/http/body-sample.ts';
import { incompatibilities } from '../../apps/management-api/events/event-type-checks.ts';
import { checkFilter } from '../../apps/management-api/webhooks/webhook-checks.ts';
import { printable } from '../../libs/domain/payload/printable.ts';
import { decodeCursor } from '../../libs/api-contract/cursor.ts';
import { publishEvents } from '../../libs/api-contract/events.ts';
import type { Operation } from '../../libs/api-contract/operation.ts';
import { allOperations } from '../../libs/api-contract/operations.ts';
import { InputValidator, isTimestamp } from '../../libs/api-contract/validation.ts';
import { createWebhook } from '../../libs/api-contract/webhooks.ts';
import { bodyVariants, firstDifference } from '../../libs/domain/payload/body-changes.ts';
import { parseCloudEvent } from '../../libs/domain/event/cloud-event.ts';
import { versionCondition } from '../../libs/domain/access/entity-tag.ts';
import { parseFilter } from '../../libs/domain/filter/filter.ts';
import { outlineJson } from '../../libs/domain/payload/json-outline.ts';
import { parseLossless } from '../../libs/domain/payload/lossless-json.ts';
import { Mask, SensitiveNames } from '../../libs/domain/payload/mask.ts';
import { patternsFor } from '../../libs/domain/delivery/match.ts';
import { shapePayload } from '../../libs/domain/payload/payload.ts';
import { readPortalToken } from '../../libs/domain/access/portal-session.ts';
import { parseRetryAfter } from '../../libs/domain/delivery/retry-after.ts';
import { prepareSigningKey, secretFrom } from '../../libs/domain/signature/signature.ts';
import { streamPositionOf } from '../../libs/domain/delivery/stream-position.ts';
import { carriedTraceparent } from '../../libs/domain/event/traceparent.ts';
import { verifyDelivery } from '../../libs/domain/signature/node-delivery-key.ts';
import type { PayloadFormat } from '../../libs/domain/webhook/webhook.ts';
import { dataSchema } from '../../libs/wire/data-schema.ts';
import { AddressGuard } from '../../libs/sender/address-guard.ts';
import { checkHeaders, isCredentialHeader } from '../../libs/domain/payload/request-headers.ts';
import { fill, jsonTexts, members } from './hostile-texts.ts';
import { fasterThanLinear, type Prepared } from './linear-time.ts';

const mask = new Mask(new SensitiveNames(['password', 'n1']), ['a.*.b', '*.*.*', 'data.k1', 'k2.a']);
const names = new SensitiveNames(['password']);
const header = (text: string) => Buffer.from(text, 'latin1');
const target = { webhookId: 'wh_1', deliveryId: 'd', clientId: 'acme' };
const guard = new AddressGuard({ schemes: ['https'], ports: ['*'], disallowed: [], allowed: [] });
const secret = secretFrom('hmac-sha256', Buffer.alloc(32));
const signed = { 'webhook-id': 'd', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' };
const received = { secret, nowS: 1, toleranceS: 300, body: Buffer.from('{}') };

/** Keywords that compare, search or go down, for every value. */
const everySchema = dataSchema(
  JSON.stringify({
    $ref: '#/$defs/any',
    $defs: {
      any: {
        uniqueItems: true,
        items: { $ref: '#/$defs/any' },
        pattern: '^(([a-z]+)*|\\d|[^a])*$',
        propertyNames: { pattern: '^(\\w|n|n+)*$' },
        patternProperties: { '(k|n)+1$': true, '^(a+)+$': false },
        unevaluatedProperties: { $ref: '#/$defs/any' },
        anyOf: [{ enum: [{ a: [1] }, 'x'] }, { not: { const: { b: 1 } } }],
        multipleOf: 0.5,
      },
    },
  }),
);
const formats =
  'date time date-time duration uri uri-reference uri-template email hostname ipv4 ipv6 regex uuid json-pointer'.split(
    ' ',
  );
const hardTexts = ['a', 'a.', 'a-', 'a@', '1', '1:', '/', '//a:@', '%41', '{a}', '{', '::', 'P1', '(a+)+'];

function shaped(text: string, format: PayloadFormat): Prepared {
  const event = { eventId: 'e', eventType: 't', source: null, subject: null, time: 0, data: Buffer.from(text) };
  return () => shapePayload(event, target, format);
}

function structured(text: string, headers: Readonly<Record<string, Buffer>> = {}): Prepared {
  const value = Buffer.from(text);
  return () => parseCloudEvent({ value, headers });
}

/** The readers of JSON, each of a text that is prepared for it. */
const jsonReaders: Readonly<Record<string, (text: string) => Prepared>> = {
  parseLossless: (text) => () => parseLossless(text),
  outlineJson: (text) => () => outlineJson(text, 'data'),
  parseCloudEvent: (text) => structured(`{"id":"1","type":"t","clientid":"c","data":${text}}`),
  'parseCloudEvent of Base64': (text) =>
    structured(`{"id":"1","type":"t","data_base64":"${Buffer.from(text).toString('base64')}"}`),
  Mask: (text) => () => {
    const { span } = outlineJson(text, null);
    return span === null ? null : mask.apply(JSON.parse(text), { ...span, members: -1 });
  },
  'payload json': (text) => shaped(text, 'json'),
  'payload cloudevents': (text) => shaped(text, 'cloudevents'),
  'payload form': (text) => shaped(text, 'form'),
  'payload xml': (text) => shaped(text, 'xml'),
  parseFilter: (text) => () => parseFilter(JSON.parse(text)),
  'parseFilter of data': (text) => () => parseFilter({ data: JSON.parse(text) as unknown }),
  checkFilter: (text) => () => checkFilter(JSON.parse(text)),
  'a filter that looks at it': (text) => {
    const filter = parseFilter({ 'data.k1': { $in: ['a', 1] }, $not: { 'data.n.k': { $prefix: 'x' } } });
    const event = { id: '', type: '', source: null, subject: null, time: '', data: JSON.parse(text) as unknown };
    return () => filter.ok && filter.matches(event);
  },
  'a JSON Schema': (text) => {
    const data = JSON.parse(text) as unknown;
    return () => everySchema(data);
  },
  bodyVariants: (text) => () => bodyVariants(Buffer.from(text)),
  verifyDelivery: (text) => () => verifyDelivery({ ...received, headers: signed, body: Buffer.from(text) }),
};

const operationsWithBody = allOperations.filter(({ method }) => method !== 'get' && method !== 'delete');

test.each(Object.keys(jsonReaders))('%s takes time in proportion to a JSON text, whatever is in it', (reader) => {
  const slow = Object.entries(jsonTexts).flatMap(([name, textOf]) => {
    const growth = fasterThanLinear((size) => jsonReaders[reader]?.(textOf(size)) ?? (() => undefined));
    return growth === null ? [] : [{ name, ...growth }];
  });
  expect(slow).toEqual([]);
});

function validated(operation: Operation, bodyText: string): Prepared {
  const validator = new InputValidator(operation);
  const body: unknown = JSON.parse(bodyText);
  return () => validator.validate({ params: { id: 'a', type: 'a' }, query: {}, body });
}

/** Bodies that are wrong in many places. */
const wrongBodies: Readonly<Record<string, (size: number) => string>> = {
  'a list of numbers': (size) => `[${fill('1,', size)}1]`,
  'a list of empty objects': (size) => `[${fill('{},', size)}{}]`,
  'a list of lists': (size) => `[${fill('[],', size)}[]]`,
  'unknown members': (size) => members(size, '1'),
  'headers that are numbers': (size) => `{"url":"u","eventTypes":["a"],"headers":${members(size, '1')}}`,
  'event types that are numbers': (size) => `{"url":"u","eventTypes":[${fill('1,', size)}1]}`,
  'event types that are objects': (size) => `{"url":"u","eventTypes":[${fill('{},', size)}{}]}`,
  'event types that are different': (size) =>
    `{"eventTypes":${JSON.stringify(Object.keys(JSON.parse(members(size, '1')) as object))}}`,
  'addresses that are none': (size) => `{"name":"n","noticeEmails":[${fill('"a@b",', size)}"@"]}`,
  'sensitive paths that are numbers': (size) => `{"sensitivePaths":[${fill('1,', size)}1]}`,
  'long texts': (size) =>
    JSON.stringify(
      Object.fromEntries(
        ['name', 'description', 'url', 'id', 'type', 'clientId', 'time', 'source', 'subject', 'secret', 'eventId'].map(
          (name) => [name, `${fill('a.', size / 11)}\u0007`],
        ),
      ),
    ),
};

test.each(Object.keys(wrongBodies))('every operation takes time in proportion to a body: %s', (name) => {
  const slow = operationsWithBody.flatMap((operation) => {
    const growth = fasterThanLinear((size) => validated(operation, wrongBodies[name]?.(size) ?? ''));
    return growth === null ? [] : [{ operation: operation.id, ...growth }];
  });
  expect(slow).toEqual([]);
});

const required = (size: number) => JSON.stringify({ required: Object.keys(JSON.parse(members(size, '1')) as object) });
const values = (size: number, name: string) =>
  JSON.stringify({ enum: Object.keys(JSON.parse(members(size, '1', name)) as object) });
const pathOf = (path: string) => () => new Mask(names, [path]);

/** What reads a header, a parameter or a single text. */
const texts: Readonly<Record<string, (size: number) => Prepared>> = {
  'If-Match': (size) => {
    const text = fill('"1", ', size);
    return () => versionCondition(text)(1);
  },
  'a cursor': (size) => {
    const text = Buffer.from(`[${fill('"a",', size)}1]`).toString('base64url');
    return () => decodeCursor(text, ['string']);
  },
  'a stream position': (size) => {
    const text = fill('0-1.', size);
    return () => streamPositionOf(text);
  },
  'a timestamp': (size) => {
    const text = `2026-03-14T09:26:53.${'0'.repeat(size)}`;
    return () => isTimestamp(text);
  },
  'a Retry-After of blanks': (size) => {
    const text = `${' '.repeat(size)}1${' '.repeat(size)}x`;
    return () => parseRetryAfter(text, 0);
  },
  'a Retry-After of digits': (size) => {
    const text = '1'.repeat(size);
    return () => parseRetryAfter(text, 0);
  },
  'a traceparent': (size) => {
    const text = `00-${'a'.repeat(size)}`;
    return () => carriedTraceparent(text);
  },
  'a portal token': (size) => {
    const text = `whp_${'a'.repeat(size)}.${'a'.repeat(size)}.`;
    return () => readPortalToken(text, new Map([['k', Buffer.alloc(32)]]), 0);
  },
  'a secret': (size) => {
    const text = `whsec_${'='.repeat(size)}a`;
    return () => prepareSigningKey(text);
  },
  'a secret with equals signs inside': (size) => {
    const text = `whsec_${fill('a=', size)}`;
    return () => prepareSigningKey(text);
  },
  'a URL': (size) => {
    const text = `https://${fill('a.', size)}/`;
    return () => guard.checkUrl(text);
  },
  'headers of a webhook': (size) => {
    const headers = JSON.parse(members(size, '"v"')) as Record<string, string>;
    return () => checkHeaders(headers, 'x-signature');
  },
  'the name of a header': (size) => {
    const text = `${fill('token-', size)}x`;
    return () => isCredentialHeader(text);
  },
  'the charset of an answer': (size) => {
    const text = `text/plain${fill('; charset ', size)}`;
    return () => sampleText(Buffer.from('a'), text, false);
  },
  'blanks in the charset of an answer': (size) => {
    const text = `text/plain;${' '.repeat(size)}charset${' '.repeat(size)}x`;
    return () => sampleText(Buffer.from('a'), text, false);
  },
  'a path that is masked': (size) => pathOf('['.repeat(size)),
  'a deep path that is masked': (size) => pathOf(fill('a.', size)),
  'the content type of a record': (size) =>
    structured('{}', { 'content-type': header(`application/${fill('/json ', size)}x`) }),
  'blanks in the content type of a record': (size) =>
    structured('{}', {
      'content-type': header(`application/cloudevents+json${' '.repeat(size)}x`),
      ce_id: header('1'),
    }),
  'headers of a record': (size) =>
    structured(
      '{}',
      Object.fromEntries(Object.keys(JSON.parse(members(size, '1')) as object).map((name) => [name, header('a')])),
    ),
  'an attribute of an event': (size) => structured(JSON.stringify({ id: 'a'.repeat(size), type: 't' })),
  'the time of an event': (size) =>
    structured(JSON.stringify({ id: 'a', type: 't', time: `2026-03-14T09:26:53.${'1'.repeat(size)}` })),
  'fields that a schema requires': (size) => {
    const schema = required(size);
    return () => incompatibilities(schema, schema);
  },
  'objects that have to differ': (size) => {
    const check = dataSchema('{"uniqueItems":true}');
    const items = Array.from({ length: size / 8 }, (_, index) => ({ a: index % (size / 8 - 1), b: [index] }));
    return () => check(items);
  },
  'a pattern that goes back': (size) => {
    const check = dataSchema(JSON.stringify({ pattern: '^([a-zA-Z0-9]+\\.?)+@x$' }));
    const text = 'a'.repeat(size);
    return () => check(text);
  },
  'a pattern without a beginning': (size) => {
    const check = dataSchema(JSON.stringify({ pattern: 'a*a*a*b' }));
    const text = 'a'.repeat(size);
    return () => check(text);
  },
  'values that a schema names': (size) => {
    const [before, after] = [values(size, 'a'), values(size, 'b')];
    return () => incompatibilities(before, after);
  },
  'signatures in one header': (size) => {
    const headers = { ...signed, 'webhook-signature': fill('v1,AAAA ', size) };
    const body = Buffer.alloc(size, 'x');
    return () => verifyDelivery({ ...received, headers, body });
  },
  'simple signatures in one header': (size) => {
    const headers = { ...signed, 'x-deeperhub-signature': `t=1,${fill('v1=aa,', size)}` };
    const body = Buffer.alloc(size, 'x');
    return () => verifyDelivery({ ...received, headers, body });
  },
  'a body and what was sent': (size) => () => firstDifference(Buffer.alloc(size, 'a'), Buffer.alloc(size + 1, 'a')),
  'text for a terminal': (size) => {
    const text = fill('\u001b\t[', size);
    return () => printable(text);
  },
};

test.each(formats)('the format %s takes time in proportion to a text', (format) => {
  const check = dataSchema(JSON.stringify({ format }));
  const slow = hardTexts.flatMap((part) =>
    [`${part}!`, part].flatMap((end) => {
      const growth = fasterThanLinear((size) => {
        const text = fill(part, size) + end;
        return () => check(text);
      });
      return growth === null ? [] : [{ part, end, ...growth }];
    }),
  );
  expect(slow).toEqual([]);
});

test.each(Object.keys(texts))('%s takes time in proportion to its length', (name) => {
  expect(fasterThanLinear((size) => texts[name]?.(size) ?? (() => undefined))).toBeNull();
});

test('a body that is wrong in a million places is refused at the first one', () => {
  const body = Array.from({ length: 1_000_000 }, () => 0);
  const validated = new InputValidator(publishEvents).validate({ params: {}, query: {}, body });
  expect(validated.kind === 'invalid' && validated.problems.length).toBeLessThan(5);
});

test('a form that would be longer than any record ends there', () => {
  const data = Buffer.from(jsonTexts['a long name above a list']?.(200_000) ?? '');
  const event = { eventId: 'e', eventType: 't', source: null, subject: null, time: 0, data };
  const { length } = shapePayload(event, target, 'form').body;
  expect(length).toBeGreaterThan(1_100_000);
  expect(length).toBeLessThan(3_000_000);
});

test('an event type is at most 255 characters long, so that the patterns that it is matched by stay few', () => {
  expect(patternsFor(fill('a.', 254)).length).toBeLessThan(130);
  for (const operation of [publishEvents, createWebhook]) {
    const body = { url: 'https://example.com', type: fill('a.', 256), eventTypes: [fill('a.', 256)] };
    expect(new InputValidator(operation).validate({ params: {}, query: {}, body }).kind).toBe('invalid');
  }
});
