/** What a sink does about topics that nobody but an operator can open: no permission, no topic. */
import { expect, test } from '@jest/globals';
import { TurnedClock } from '../../../test/support/turned-clock.ts';
import type { ProducerLink, TopicLeaders } from './producer-link.ts';
import type { PartitionAnswer } from './produce-request.ts';
import { RecordSink, type AppendOptions } from './record-sink.ts';

const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };
const codes = { unknownTopic: 3, forbidden: 29 };

/** One broker with the topics `a` and `b`, of one partition each. Its answers can be changed by topic. */
function world(whenUnwritable: 'wait' | 'refuse') {
  const clock = new TurnedClock();
  const refusal = new Map<string, number>();
  const isUnknown = new Set<string>();
  /** By topic, what was taken, in its order. */
  const log = new Map<string, string[]>();
  const link: ProducerLink = {
    connect: () => Promise.resolve(),
    close: () => Promise.resolve(),
    producerId: () => Promise.resolve({ producerId: 1n, epoch: 0 }),
    topics: (names) =>
      Promise.resolve(
        names.map((topic): TopicLeaders => {
          if (isUnknown.has(topic)) return { topic, errorCode: codes.unknownTopic, leaders: [] };
          return { topic, errorCode: 0, leaders: [0] };
        }),
      ),
    produce: (_, body) => {
      const answers = topicsIn(body()).map(({ topic, values }): PartitionAnswer => {
        const errorCode = isUnknown.has(topic) ? codes.unknownTopic : (refusal.get(topic) ?? 0);
        if (errorCode === 0) log.set(topic, [...(log.get(topic) ?? []), ...values]);
        return { topic, partition: 0, errorCode };
      });
      return Promise.resolve(answers);
    },
  };
  const sink = new RecordSink({ producerLink: () => link }, logger, { clock, whenUnwritable, closeDeadlineMs: 0 });
  const append = (topic: string, value: string, options?: AppendOptions) => {
    const end = { of: 'open' };
    sink.append([{ topic, key: null, value: Buffer.from(value) }], options).then(
      () => (end.of = 'acknowledged'),
      (error: unknown) => (end.of = (error as { code: string }).code),
    );
    return end;
  };
  return { clock, refusal, isUnknown, log, sink, append };
}

/** Of a produce request: its topics, and the values like `v12` of the batch of each. */
function topicsIn(body: Buffer): { topic: string; values: string[] }[] {
  const found: { topic: string; values: string[] }[] = [];
  let at = 2 + 2 + 4;
  let topics = body.readInt32BE(at);
  at += 4;
  for (; topics > 0; topics -= 1) {
    const length = body.readInt16BE(at);
    const topic = body.toString('utf8', at + 2, at + 2 + length);
    at += 2 + length;
    let partitions = body.readInt32BE(at);
    at += 4;
    for (; partitions > 0; partitions -= 1) {
      const bytes = body.readInt32BE(at + 4);
      const batch = body.toString('latin1', at + 8, at + 8 + bytes);
      found.push({ topic, values: batch.match(/v\d+/g) ?? [] });
      at += 8 + bytes;
    }
  }
  return found;
}

test('without permission records wait however long, others go on, and all goes out in order once there is one', async () => {
  const { clock, refusal, log, sink, append } = world('wait');
  const before = append('a', 'v0');
  await clock.turn(1_000);
  refusal.set('a', codes.forbidden);
  const waiting = [append('a', 'v1'), append('a', 'v2')];
  for (let second = 2; second <= 600; second += 1) {
    const other = append('b', `v${second}`);
    await clock.turn(second * 1_000);
    expect(other.of).toBe('acknowledged');
  }
  waiting.push(append('a', 'v3'));
  expect(waiting.map(({ of }) => of)).toEqual(['open', 'open', 'open']);
  expect(sink.problem()).toMatch(/^not allowed to write to a: give .* permission/);
  expect(sink.unwritable).toMatchObject([{ topic: 'a', reason: 'forbidden', partitions: [], isWaitedFor: true }]);
  refusal.delete('a');
  await clock.turn(603_000);
  expect([before, ...waiting].map(({ of }) => of)).toEqual(Array(4).fill('acknowledged'));
  expect(log.get('a')).toEqual(['v0', 'v1', 'v2', 'v3']);
  expect([sink.problem(), sink.unwritable, sink.waiting.records]).toEqual([null, [], 0]);
});

test('Kafka does not count as silent while it says that there is no permission', async () => {
  const { clock, refusal, sink, append } = world('wait');
  append('a', 'v0');
  await clock.turn(1_000);
  refusal.set('a', codes.forbidden);
  append('a', 'v1');
  for (let at = 1_100; at < 60_000; at += 100) {
    await clock.turn(at);
    expect(sink.silentMs).toBeLessThanOrEqual(600);
  }
});

test.each(['from the beginning', 'later on'])('a topic that is missing %s is waited for, and named', async (when) => {
  const { clock, isUnknown, log, sink, append } = world('wait');
  if (when === 'later on') append('a', 'v0');
  await clock.turn(1_000);
  isUnknown.add('a');
  const waiting = append('a', 'v1');
  append('b', 'v0');
  await clock.turn(10_000);
  expect(sink.unwritable).toEqual([]);
  await clock.turn(600_000);
  expect(waiting.of).toBe('open');
  append('b', 'v1');
  await clock.turn(601_000);
  expect(sink.problem()).toMatch(/^there is no topic a: make it/);
  isUnknown.delete('a');
  await clock.turn(604_000);
  expect(waiting.of).toBe('acknowledged');
  expect(log.get('a')?.at(-1)).toBe('v1');
  expect(sink.problem()).toBeNull();
});

test('who waits for an answer gets one; what waits of others stays', async () => {
  const { clock, refusal, log, sink, append } = world('refuse');
  refusal.set('a', codes.forbidden);
  const asked = append('a', 'v0');
  const patient = append('a', 'v1', { whenUnwritable: 'wait' });
  await clock.turn(20_000);
  expect([asked.of, patient.of]).toEqual(['open', 'open']);
  await clock.turn(40_000);
  const later = append('a', 'v2');
  await clock.turn(80_000);
  expect([asked.of, patient.of, later.of]).toEqual(['topic_forbidden', 'open', 'topic_forbidden']);
  expect(sink.problem()).toMatch(/^not allowed to write to a/);
  expect(sink.waiting.records).toBe(1);
  refusal.delete('a');
  await clock.turn(84_000);
  expect(patient.of).toBe('acknowledged');
  expect(log.get('a')).toEqual(['v1']);
  expect(sink.waiting).toEqual({ records: 0, bytes: 0 });
});

test('a sink that closes meanwhile leaves what waits for the next start', async () => {
  const { clock, refusal, sink, append } = world('wait');
  refusal.set('a', codes.forbidden);
  const waiting = append('a', 'v0');
  await clock.turn(5_000);
  await sink.close();
  await clock.turn(6_000);
  expect(waiting.of).toBe('sink_closed');
});
