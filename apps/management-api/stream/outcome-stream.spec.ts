import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { streamPositionOf, streamPositionText, toldUntilOf } from '../../../libs/domain/delivery/stream-position.ts';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { OutcomeStream } from './outcome-stream.ts';

const outcome = (deliveryId: string) => ({ deliveryId }) as DeliveryOutcome;

const toldUntil = Date.parse('2026-01-02T03:04:05.678Z');
const now = toldUntil + 60_000;

function streamFrom(from: Record<number, number>, live: Record<number, number>, data = 'x') {
  const position = (of: Record<number, number>) =>
    new Map(Object.entries(of).map(([key, value]) => [Number(key), value]));
  const stream = new OutcomeStream({
    wants: ({ deliveryId }) => deliveryId !== 'other',
    dataOf: ({ deliveryId }) => ({ deliveryId, data }),
    from: position(from),
    live: () => position(live),
    toldUntil,
    now: () => now,
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
    ([, id = '', data = '']) =>
      [
        streamPositionText(streamPositionOf(id) ?? new Map()),
        (JSON.parse(data) as { deliveryId: string }).deliveryId,
      ] as const,
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

/** What was told of gaps. */
function gapsOf(text: string): unknown[] {
  return [...text.matchAll(/^event: gap\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as unknown);
}

const gap = { from: '2026-01-02T03:04:05.678Z', until: '2026-01-02T03:05:05.678Z' };

test('what is kept no longer is passed over, and told as a gap', () => {
  const { stream } = streamFrom({ 0: 1 }, { 0: 50 });
  stream.passOver(0, 50);
  expect(stream.isBehind).toBe(false);
  stream.takeLive(0, 50, outcome('a'));
  const text = String(stream.read());
  expect(gapsOf(text)).toEqual([gap]);
  expect(text.indexOf('event: gap')).toBeLessThan(text.indexOf('event: outcome'));
});

test('what comes first of a partition shows that something before it is kept no longer; later holes are none', () => {
  const { stream } = streamFrom({ 0: 1 }, { 0: 50 });
  stream.takeKept(0, 9, outcome('a'));
  stream.takeKept(0, 12, outcome('b'));
  stream.passOver(0, 50);
  expect(gapsOf(String(stream.read()))).toEqual([gap]);
});

test('nothing is told when nothing is left out', () => {
  const { stream } = streamFrom({ 0: 1, 1: 4 }, { 0: 3, 1: 4 });
  stream.takeKept(0, 1, outcome('a'));
  stream.takeKept(0, 2, outcome('b'));
  stream.takeLive(0, 3, outcome('c'));
  expect(gapsOf(String(stream.read()))).toEqual([]);
});

test('what is skipped is told once, and what follows comes', () => {
  const { stream, calls } = streamFrom({ 0: 1, 1: 2 }, { 0: 50, 1: 60 });
  stream.skipTo(
    new Map([
      [0, 48],
      [1, 60],
    ]),
  );
  stream.takeKept(0, 47, outcome('skipped'));
  stream.takeKept(0, 48, outcome('a'));
  stream.takeKept(0, 49, outcome('b'));
  stream.takeLive(1, 60, outcome('c'));
  expect([stream.isBehind, calls]).toEqual([false, ['stop']]);
  const text = String(stream.read());
  expect(gapsOf(text)).toEqual([gap]);
  expect([...text.matchAll(/"deliveryId":"(\w+)"/g)].map(([, id]) => id)).toEqual(['a', 'b', 'c']);
});

test('an id says until when all was told: a moment ago when live, as before while behind', () => {
  const times = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id = '']) => toldUntilOf(id));
  const behind = streamFrom({ 0: 1 }, { 0: 3 });
  behind.stream.takeKept(0, 1, outcome('a'));
  behind.stream.takeKept(0, 2, outcome('b'));
  behind.stream.takeLive(0, 3, outcome('c'));
  expect(times(String(behind.stream.read()))).toEqual([toldUntil, toldUntil, toldUntil, now - 5_000]);
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

test('what comes live is asked for once in a partition that catches up, not for each record', () => {
  const live = new Map([[0, 1_000]]);
  let asked = 0;
  const stream = new OutcomeStream({
    wants: () => false,
    dataOf: () => ({}),
    from: new Map([[0, 0]]),
    live: () => {
      asked += 1;
      return new Map(live);
    },
    now: () => now,
  });
  const before = asked;
  for (let offset = 0; offset < 999; offset += 1) stream.takeKept(0, offset, outcome('other'));
  expect(asked).toBe(before);
  // More came meanwhile: it is still behind.
  live.set(0, 1_001);
  stream.takeKept(0, 999, outcome('other'));
  expect(stream.isBehind).toBe(true);
  stream.takeKept(0, 1_000, outcome('other'));
  expect(stream.isBehind).toBe(false);
});
