import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { publishEvents } from '../../../libs/api-contract/events.ts';
import { InputValidator } from '../../../libs/api-contract/validation.ts';
import { parseCloudEvent } from '../../../libs/domain/event/cloud-event.ts';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import { contentHashOf, nameWithin, platformEvent, type NewEvent } from './platform-event.ts';

const event: NewEvent = {
  id: '1001',
  type: 'order.created',
  clientId: 'acme',
  source: '/orders',
  data: { n: 1, m: [2] },
};

test('#5 the content of an event is what it says beside its name, in whatever order', () => {
  const hash = contentHashOf(event);
  expect(contentHashOf({ ...event, data: { m: [2], n: 1 } })).toBe(hash);
  expect(contentHashOf({ ...event, source: '/payments', id: 'x', clientId: 'beta' })).toBe(hash);
  const others: Partial<NewEvent>[] = [
    { type: 'payment.made' },
    { subject: 's' },
    { time: '2026-11-30T12:00:00Z' },
    { data: { n: 2, m: [2] } },
    { data: { n: 1, m: [2, 3] } },
    {
      data: [
        ['m', [2]],
        ['n', 1],
      ],
    },
    { data: null },
  ];
  const hashes = others.map((other) => contentHashOf({ ...event, ...other }));
  expect(new Set([hash, ...hashes]).size).toBe(others.length + 1);
});

test('#5 numbers that differ in the twentieth digit are other content', () => {
  const [one, other] = ['12345678901234567890', '12345678901234567891'].map((digits) =>
    contentHashOf({ ...event, data: parseLossless(`{"id":${digits}}`) }),
  );
  expect(one).not.toBe(other);
});

test('#5 an event is named by its id within its source; the default source needs no name', () => {
  expect(nameWithin(undefined, '1001')).toBe('1001');
  expect(nameWithin('/v1/events', '1001')).toBe('1001');
  expect(nameWithin('/orders', '1001')).not.toBe(nameWithin('/payments', '1001'));
});

test('a name is no longer than an index of PostgreSQL takes, whatever its source is', () => {
  const source = '注'.repeat(2_048);
  const names = [nameWithin(source, '1001'), nameWithin(source, '1002'), nameWithin(`${source.slice(1)}文`, '1001')];
  for (const name of names) expect(name).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(new Set(names).size).toBe(3);
  expect(nameWithin(source, '1001')).toBe(names[0]);
  expect(nameWithin('a'.repeat(1_019), '1001')).toBe(`${'a'.repeat(1_019)}\n1001`);
  expect(nameWithin('a'.repeat(1_020), '1001')).toMatch(/^sha256:/);
});

test('what the API accepts, fan-out reads', () => {
  const validator = new InputValidator(publishEvents);
  const unit = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('a', 'é', '😀', '\u2028', '"', '\\', ' ') },
    fc.constantFrom('\u0000', '\u0085', '\ud800', '\udc00', '\n'),
  );
  // Long texts are one character over and over: at, below and above each bound, in both ways to count.
  const line = (bound: number) =>
    fc.oneof(
      fc.string({ unit, maxLength: 12 }),
      fc
        .tuple(fc.constantFrom('a', '😀'), fc.constantFrom(bound / 2 + 1, bound - 1, bound, bound + 1))
        .map(([one, length]) => one.repeat(length)),
    );
  const type = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.:/+@-]{0,12}$/), fc.constant('t'.repeat(255)));
  const time = fc
    .tuple(
      fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
      fc.constantFrom('', '.1', '.123456789'),
      fc.constantFrom('Z', 'z', '+00:00', '-12:00', '+14:00', '+23:59'),
      fc.boolean(),
    )
    .map(([date, fraction, offset, isLower]) => {
      const text = `${date.toISOString().slice(0, 19)}${fraction}${offset}`;
      return isLower ? text.replace('T', 't') : text;
    });
  const posted = fc.record(
    {
      id: line(256),
      type,
      clientId: fc.constantFrom('acme', 'a'.repeat(100)),
      time,
      source: line(2_048),
      subject: line(2_048),
      data: fc.jsonValue(),
    },
    { requiredKeys: ['type'] },
  );
  let accepted = 0;
  fc.assert(
    fc.property(posted, (body) => {
      if (validator.validate({ params: {}, query: {}, body }).kind !== 'valid') return;
      accepted += 1;
      const identity = { id: body.id ?? 'made-up', time: body.time ?? '2026-11-30T12:00:00.000Z', traceparent: null };
      const { value, headers } = platformEvent('platform.events', body, identity);
      const bytes = Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)]));
      expect(parseCloudEvent({ value, headers: bytes })).toMatchObject({
        ok: true,
        event: {
          id: identity.id,
          type: body.type,
          source: body.source ?? '/v1/events',
          subject: body.subject ?? null,
          timeMs: Date.parse(identity.time.toUpperCase()),
          isTimeUnread: false,
          clientId: body.clientId ?? null,
        },
      });
    }),
    { numRuns: 200 },
  );
  expect(accepted).toBeGreaterThan(20);
});
