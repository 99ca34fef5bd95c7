import { expect, test } from '@jest/globals';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import { redrivenHeaders, rejectedFrom } from '../../libs/wire/mapping/redriven.ts';
import { rejectedRowOf, ValueBudget } from './rejected-row.ts';

const everything = { take: () => true };
const parts = { sensitiveNames: ['password'], topicPrefix: 'x.', budget: everything };
const rowOf = rejectedRowOf(parts);
const source = {
  'source-topic': 'shop.orders',
  'source-partition': '3',
  'source-offset': '7',
  'source-timestamp': '1700000000000',
};

function record(value: Buffer | string | null, headers: Record<string, string> = {}): KafkaRecord {
  const all = { reason: 'missing_type', detail: 'The event has no type', ...source, ...headers };
  return {
    ...{
      topic: 'x.platform.events.rejected',
      partition: 1,
      offset: 41,
      timestampMs: 1_700_000_000_500,
      key: Buffer.from('k'),
    },
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: Object.fromEntries(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

test('a record has its reason, where it was, and its value masked', () => {
  const row = rowOf(record('{"id":"e-1","data":{"password":"hunter2"},"data_base64":"aHVudGVyMg=="}'));
  expect(row).toMatchObject({
    ...{ reason: 'missing_type', partition: 1, offset: 41, rejectedAtMs: 1_700_000_000_500, key: 'k' },
    ...{ sourceTopic: 'shop.orders', sourcePartition: 3, sourceOffset: 7, sourceAtMs: 1_700_000_000_000 },
    value: '{"id":"e-1","data":{"password":"********"},"data_base64":"********"}',
    ...{ valueState: 'whole', redriveCount: 0, refusal: null },
  });
  expect(row.id).toMatch(/^re_018bcfe569f4[0-9a-f]{20}$/);
});

test.each([
  ['nothing', null, { value: null, valueState: 'none', valueBytes: 0 }],
  ['no text', Buffer.from([0xff, 0, 0x9f]), { value: null, valueState: 'binary', valueBytes: 3 }],
  ['broken JSON', '"password": "hunter2', { value: null, valueState: 'unreadable', valueBytes: 20 }],
  ['a form', 'password=hunter2&x=1', { value: null, valueState: 'unreadable' }],
  ['what only looks like JSON', "{'password': 'hunter2'}", { value: null, valueState: 'unreadable' }],
  ['JSON in a string', JSON.stringify({ a: '{"password":"hunter2"}' }), { valueState: 'whole' }],
  ['a long one', `{"a":"${'x'.repeat(20_000)}","password":"hunter2"}`, { valueState: 'cut', valueBytes: 20_029 }],
  ['one that is cut within a character', `"${'é'.repeat(10_000)}"`, { valueState: 'cut' }],
  ['a deep one', '['.repeat(100_000), { valueState: 'unreadable' }],
] as const)('%s is kept as far as it can be', (_, value, expected) => {
  const row = rowOf(record(value));
  expect(row).toMatchObject(expected);
  expect(row.value?.isWellFormed() ?? true).toBe(true);
  expect(row.value ?? '').not.toContain('hunter2');
  expect(Buffer.byteLength(row.value ?? '')).toBeLessThanOrEqual(16_384 + 16);
});

test('headers that say nothing, or nonsense, make a row all the same', () => {
  const bare = rowOf({ ...record('x'), headers: {}, timestampMs: -1 });
  expect(bare).toMatchObject({ reason: '', sourceTopic: null, sourcePartition: null, rejectedAtMs: 0 });
  expect(bare.refusal).toBe('its headers do not say where it came from');
  const odd = rowOf(
    record('x', { 'source-partition': '9999999999', 'source-timestamp': '-5', detail: 'd'.repeat(9_000) }),
  );
  expect(odd).toMatchObject({ sourcePartition: null, sourceAtMs: null });
  expect(odd.detail).toHaveLength(2_000);
});

test('one that was sent again says how often, and is where it was first', () => {
  const first = record('x');
  const origin = rejectedFrom(first.headers);
  if (origin === null) throw new Error('it says where it was');
  const again = (headers: KafkaRecord['headers']) => redrivenHeaders(headers, origin);
  const [once, twice] = [
    again(first.headers),
    again(record('x', again(first.headers) as Record<string, string>).headers),
  ];
  expect([once['redriven-count'], twice['redriven-count']]).toEqual(['1', '2']);
  const second = { ...(twice as Record<string, string>), 'source-topic': 'x.platform.events', 'source-offset': '900' };
  expect(rowOf(record('x', second))).toMatchObject({ redriveCount: 2, sourceTopic: 'shop.orders', sourceOffset: 7 });
});

test('what is no event of a platform, or of one webhook alone, is not to be sent again', () => {
  expect(rowOf(record('x', { 'source-topic': 'x.webhook.deliveries' })).refusal).toBe(
    'it is not an event of a platform',
  );
  const large = { reason: 'payload_too_large', detail: '9 bytes in the format of webhook wh_1' };
  expect(rowOf(record('x', large)).refusal).toContain('went to the others');
});

test('a minute keeps so many bytes of values, and the next one begins anew', () => {
  let now = 0;
  const limited = rejectedRowOf({ ...parts, budget: new ValueBudget(() => now, 10) });
  const states = () => [record('12345'), record('67890'), record('1')].map((one) => limited(one).valueState);
  expect(states()).toEqual(['whole', 'whole', 'left_out']);
  now = 60_000;
  expect(states()).toEqual(['whole', 'whole', 'left_out']);
});
