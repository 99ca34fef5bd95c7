import { expect, test } from '@jest/globals';
import { EventSource } from './event-source.ts';
import { eventNumberOf } from './event-stamp.ts';

const targets = [
  { clientId: 'c1', type: 'bench.w0' },
  { clientId: 'c2', type: 'bench.w1' },
];
const events = { events: { from: 7, to: 10 }, targets, bytes: 1_024 };

test('records are CloudEvents of the wanted size, in turn for each target', () => {
  const source = new EventSource(events);
  const records = source.take(3);
  expect(source.left).toBe(0);
  const read = records.map(({ key, value }) => {
    const { id, clientid, type } = JSON.parse(value) as { id: string; clientid: string; type: string };
    return { number: eventNumberOf(id), clientid, type, key, bytes: value.length };
  });
  expect(read).toEqual([
    { number: 7, clientid: 'c2', type: 'bench.w1', key: 'bench.w1', bytes: 1_024 },
    { number: 8, clientid: 'c1', type: 'bench.w0', key: 'bench.w0', bytes: 1_024 },
    { number: 9, clientid: 'c2', type: 'bench.w1', key: 'bench.w1', bytes: 1_024 },
  ]);
});

test('varied events have the same size and other contents', () => {
  const [one, other] = new EventSource({ ...events, isVaried: true }).take(2).map(({ value }) => value);
  expect([one?.length, other?.length]).toEqual([1_024, 1_024]);
  const textOf = (value = '{}') => (JSON.parse(value) as { data: { text: string } }).data.text;
  expect(textOf(one)).toMatch(/^order=7;sku=\w+;quantity=/);
  expect(textOf(one)).not.toBe(textOf(other));
});

test('a request has one event, or a list of them', () => {
  const source = new EventSource(events);
  expect(JSON.parse(source.takeRequest(1))).toMatchObject({ type: 'bench.w1', clientId: 'c2' });
  expect(JSON.parse(source.takeRequest(2))).toMatchObject([{ clientId: 'c1' }, { clientId: 'c2' }]);
  expect(source.left).toBe(0);
});
