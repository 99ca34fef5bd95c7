/** What a producer does about partitions that the brokers do not name, or that nobody leads. */
import { expect, test } from '@jest/globals';
import { TurnedClock } from '../../../test/support/turned-clock.ts';
import type { ProducerLink } from '../producer/producer-link.ts';
import type { PartitionAnswer } from '../producer/produce-request.ts';
import { RecordSink } from '../producer/record-sink.ts';

const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };

/** One broker; `leaders` is what is told of the topic, null: nothing is. Everything that is sent is taken. */
function world(leaders: readonly number[]) {
  const clock = new TurnedClock();
  const told: { leaders: readonly number[] | null } = { leaders };
  const sent: number[] = [];
  const link: ProducerLink = {
    connect: () => Promise.resolve(),
    close: () => Promise.resolve(),
    producerId: () => Promise.resolve({ producerId: 1n, epoch: 0 }),
    topics: () =>
      told.leaders === null
        ? Promise.reject(new Error('no broker answered'))
        : Promise.resolve([{ topic: 't', errorCode: 0, leaders: told.leaders }]),
    produce: (_, body) => {
      const partitions = partitionsIn(body());
      sent.push(...partitions);
      return Promise.resolve(partitions.map((partition): PartitionAnswer => ({ topic: 't', partition, errorCode: 0 })));
    },
  };
  const sink = new RecordSink({ producerLink: () => link }, logger, { clock });
  const append = (partition: number | null) => {
    const end = { of: 'open' };
    sink
      .append([{ topic: 't', key: null, value: Buffer.from('v'), ...(partition === null ? {} : { partition }) }])
      .then(
        () => (end.of = 'acknowledged'),
        (error: unknown) => (end.of = (error as { code: string }).code),
      );
    return end;
  };
  return { clock, told, sent, append };
}

/** Of a request with one topic. */
function partitionsIn(body: Buffer): number[] {
  let at = 12;
  at += 2 + body.readInt16BE(at);
  const found: number[] = [];
  let left = body.readInt32BE(at);
  at += 4;
  for (; left > 0; left -= 1) {
    found.push(body.readInt32BE(at));
    at += 8 + body.readInt32BE(at + 4);
  }
  return found;
}

test('a broker that does not know of a partition yet, or any more, refuses no record', async () => {
  const { clock, told, append } = world([0, 0, 0]);
  const first = append(2);
  await clock.turn(1_000);
  expect(first.of).toBe('acknowledged');
  told.leaders = [0, 0];
  await clock.turn(7_000);
  const other = append(1);
  await clock.turn(8_000);
  const waiting = append(2);
  await clock.turn(20_000);
  expect([other.of, waiting.of]).toEqual(['acknowledged', 'open']);
  told.leaders = [0, 0, 0];
  await clock.turn(23_000);
  expect(waiting.of).toBe('acknowledged');
});

test('one answer without it is none, however long no other comes', async () => {
  const { clock, told, append } = world([0, 0]);
  const waiting = append(2);
  await clock.turn(200);
  told.leaders = null;
  await clock.turn(600_000);
  expect(waiting.of).toBe('open');
  told.leaders = [0, 0, 0];
  await clock.turn(605_000);
  expect(waiting.of).toBe('acknowledged');
});

test('a partition that goes on missing ends the append, which is no refusal', async () => {
  const { clock, append } = world([0, 0]);
  const waiting = append(2);
  await clock.turn(14_000);
  expect(waiting.of).toBe('open');
  await clock.turn(20_000);
  expect(waiting.of).toBe('partition_missing');
});

test('a record without a key goes to a partition that somebody leads', async () => {
  const { clock, sent, append } = world([-1, 0, -1, -1]);
  const ends = Array.from({ length: 20 }, () => append(null));
  await clock.turn(1_000);
  expect(new Set(sent)).toEqual(new Set([1]));
  expect(new Set(ends.map(({ of }) => of))).toEqual(new Set(['acknowledged']));
});
