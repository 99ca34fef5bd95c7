import { expect, test } from '@jest/globals';
import { parseLossless } from '../../libs/domain/lossless-json.ts';
import { contentHashOf, nameWithin, type NewEvent } from './platform-event.ts';

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
