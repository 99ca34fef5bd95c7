import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';
import { KeptReading } from './kept-reading.ts';
import { OutcomeStream } from './outcome-stream.ts';

const codec = {
  knows: () => true,
  decode: (value: Buffer) => JSON.parse(value.toString()) as DeliveryOutcome,
} as unknown as AvroCodec<DeliveryOutcome>;
const logger = { warn: () => undefined } as unknown as Logger;

/** One partition that is live at `live`, kept from `kept` on, and a stream that goes on at `from`. */
function reading({ from = 0, kept = 0, live = 1_000, reachRecords = 100_000 }) {
  const now = () => 0;
  const liveAt = () => new Map([[0, live]]);
  const stream = new OutcomeStream({
    wants: () => true,
    dataOf: ({ deliveryId }) => ({ deliveryId }),
    from: new Map([[0, from]]),
    live: liveAt,
    now,
  });
  const calls: string[] = [];
  let begunAt = -1;
  let next = 0;
  const started = Promise.withResolvers<undefined>();
  let hand: (record: KafkaRecord) => void = () => undefined;
  const task = new KeptReading({
    stream,
    live: liveAt,
    codec,
    logger,
    reachRecords,
    onStop: () => calls.push('left'),
    readFrom: (position, onRecord) => {
      begunAt = position.get(0) ?? -1;
      next = Math.max(begunAt, kept);
      hand = onRecord;
      return {
        start: () => started.promise,
        stop: () => Promise.resolve(void calls.push('stop')),
        hold: () => calls.push('hold'),
        goOn: () => calls.push('goOn'),
        standing: () => new Map([[0, next]]),
      };
    },
  });
  stream.readKept(task);
  const heard = () => {
    const text = String(stream.read() ?? '');
    return {
      ids: [...text.matchAll(/"deliveryId":"(\d+)"/g)].map(([, id]) => Number(id)),
      gaps: [...text.matchAll(/^event: gap$/gm)].length,
    };
  };
  return {
    task,
    stream,
    calls,
    heard,
    begunAt: () => begunAt,
    fetch: (count: number) => {
      for (const end = Math.min(live, next + count); next < end; next += 1) {
        const value = Buffer.from(JSON.stringify({ deliveryId: String(next) }));
        hand({ topic: 't', partition: 0, offset: next, timestampMs: 0, key: null, value, headers: {} });
      }
    },
    started: () => {
      started.resolve(undefined);
      return setImmediate();
    },
  };
}

const never = () => false;

test('what was kept is worked in turns, until it meets what is live', () => {
  const { task, fetch, heard, calls, stream } = reading({ from: 990 });
  task.begin();
  fetch(10);
  let pieces = 0;
  task.work(() => (pieces += 1) > 4);
  expect(heard().ids).toEqual([990, 991, 992, 993]);
  task.work(never);
  expect([heard().ids.length, stream.isBehind, calls]).toEqual([6, false, ['left', 'stop']]);
});

test('of what lies beyond the reach only the newest is read, and the gap is told', () => {
  const { task, fetch, heard, begunAt } = reading({ reachRecords: 100 });
  task.begin();
  expect(begunAt()).toBe(900);
  fetch(100);
  task.work(never);
  const { ids, gaps } = heard();
  expect([ids.length, ids[0], gaps]).toEqual([100, 900, 1]);
});

test('while much waits for its turn, or its reader reads nothing, no more is fetched', () => {
  const { task, fetch, calls, heard } = reading({ live: 10_000 });
  task.begin();
  fetch(1_999);
  expect(calls).toEqual([]);
  fetch(1);
  expect(calls).toEqual(['hold']);
  task.pause();
  task.work(never);
  expect(calls).toEqual(['hold']);
  for (let read = 0; read < 4; read += 1) {
    task.resume();
    task.work(never);
    heard();
  }
  expect(calls.at(-1)).toBe('goOn');
});

test('what is kept no longer is passed over when the rest is read', async () => {
  const { task, stream, heard, started } = reading({ from: 5, kept: 1_000 });
  task.begin();
  await started();
  task.work(never);
  await setImmediate();
  expect([stream.isBehind, heard().gaps]).toEqual([false, 1]);
});

test('giving up leaves out the rest, tells it, and stops the reader', () => {
  const { task, fetch, stream, heard, calls } = reading({});
  task.begin();
  fetch(10);
  task.work(never);
  task.giveUp();
  stream.takeLive(0, 1_000, { deliveryId: '1000' } as DeliveryOutcome);
  expect(stream.isBehind).toBe(false);
  const { ids, gaps } = heard();
  expect([ids.length, ids.at(-1), gaps, calls.slice(-2)]).toEqual([11, 1_000, 1, ['left', 'stop']]);
});

test('it may give up before it began', () => {
  const { task, stream, heard, calls } = reading({});
  task.giveUp();
  expect([stream.isBehind, heard().gaps, calls]).toEqual([false, 1, ['left']]);
});
