import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../libs/domain/outcome.ts';
import { OutcomeStream } from './outcome-stream.ts';

const outcome = (deliveryId: string) => ({ deliveryId }) as DeliveryOutcome;

function streamFrom(from: Record<number, number>, live: Record<number, number>, data = 'x') {
  const position = (of: Record<number, number>) =>
    new Map(Object.entries(of).map(([key, value]) => [Number(key), value]));
  const stream = new OutcomeStream({
    wants: ({ deliveryId }) => deliveryId !== 'other',
    dataOf: ({ deliveryId }) => ({ deliveryId, data }),
    from: position(from),
    live: () => position(live),
  });
  const calls: string[] = [];
  const kept = { pause: () => calls.push('pause'), resume: () => calls.push('resume'), stop: () => calls.push('stop') };
  stream.readKept(kept);
  return { stream, calls };
}

/** Ids and deliveries of the events that wait in the stream. */
function eventsOf(stream: OutcomeStream): (readonly [string, string])[] {
  const text = String(stream.read() ?? '');
  return [...text.matchAll(/^id: (.*)\nevent: outcome\ndata: (.*)$/gm)].map(
    ([, id = '', data = '']) => [id, (JSON.parse(data) as { deliveryId: string }).deliveryId] as const,
  );
}

test('each event says where the whole stream stands', () => {
  const { stream, calls } = streamFrom({ 0: 5, 1: 7 }, { 0: 5, 1: 7 });
  stream.takeLive(0, 5, outcome('a'));
  stream.takeLive(1, 7, outcome('other'));
  stream.takeLive(1, 8, null);
  stream.takeLive(1, 9, outcome('b'));
  expect(eventsOf(stream)).toEqual([
    ['0-6.1-7', 'a'],
    ['0-6.1-a', 'b'],
  ]);
  expect(calls).toEqual(['stop']);
});

test('what was kept comes first in each partition, and what is live goes on behind it, each offset once', () => {
  const live = { 0: 3, 1: 7, 2: 0 };
  const { stream, calls } = streamFrom({ 0: 1, 1: 7 }, live);
  expect(stream.isBehind).toBe(true);
  stream.takeLive(1, 7, outcome('live 1'));
  stream.takeLive(0, 3, outcome('too early'));
  live[0] = 4;
  stream.takeKept(0, 1, outcome('kept 1'));
  stream.takeKept(0, 2, outcome('kept 2'));
  expect(stream.isBehind).toBe(true);
  stream.takeKept(0, 3, outcome('kept 3'));
  expect([stream.isBehind, calls]).toEqual([false, ['stop']]);
  stream.takeKept(0, 4, outcome('twice'));
  stream.takeLive(0, 4, outcome('live 2'));
  stream.takeLive(2, 0, outcome('new partition'));
  expect(eventsOf(stream).map(([, id]) => id)).toEqual([
    'live 1',
    'kept 1',
    'kept 2',
    'kept 3',
    'live 2',
    'new partition',
  ]);
});

test('what is kept no longer is passed over', () => {
  const { stream } = streamFrom({ 0: 1 }, { 0: 50 });
  stream.catchUp(0, 50);
  expect(stream.isBehind).toBe(false);
  stream.takeLive(0, 50, outcome('a'));
  expect(eventsOf(stream)).toEqual([['0-1f', 'a']]);
});

test('a reader that does not read is let go when too much waits; what was kept waits for it', () => {
  const large = 'x'.repeat(100_000);
  const slow = streamFrom({ 0: 0 }, { 0: 0 }, large);
  for (let offset = 0; offset < 8; offset += 1) slow.stream.takeLive(0, offset, outcome('a'));
  expect(slow.stream.destroyed).toBe(false);
  for (let offset = 8; offset < 12; offset += 1) slow.stream.takeLive(0, offset, outcome('a'));
  expect(slow.stream.destroyed).toBe(true);

  const behind = streamFrom({ 0: 0 }, { 0: 1_000 }, large);
  behind.stream.takeKept(0, 0, outcome('a'));
  expect(behind.calls).toEqual(['pause']);
  expect(behind.stream.destroyed).toBe(false);
});

test('a reader that reads again has what was kept go on', async () => {
  const { stream, calls } = streamFrom({ 0: 0 }, { 0: 1_000 }, 'x'.repeat(100_000));
  stream.takeKept(0, 0, outcome('a'));
  stream.read();
  await setImmediate();
  expect(calls).toEqual(['pause', 'resume']);
  stream.destroy();
  await setImmediate();
  expect(calls.at(-1)).toBe('stop');
});

test('after its end nothing is said any more', () => {
  const { stream } = streamFrom({ 0: 0 }, { 0: 0 });
  stream.end();
  stream.takeLive(0, 0, outcome('a'));
  stream.beat();
  stream.end();
  expect(eventsOf(stream)).toEqual([]);
});
