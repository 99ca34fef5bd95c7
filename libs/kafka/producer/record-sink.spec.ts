/**
 * What a sink promises, over brokers that do everything that Kafka's may: acknowledged is in the log once and in order,
 * whatever else is at most once. RECORD_SINK_RUNS: how many seeds are tried.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ModelCluster } from '../../../test/support/model-cluster.ts';
import { TurnedClock } from '../../../test/support/turned-clock.ts';
import { AppendWithdrawnError, RecordRefusedError } from './append-error.ts';
import { RecordSink } from './record-sink.ts';

const runs = Number(process.env['RECORD_SINK_RUNS'] ?? 40);
const partitionCount = 4;
const batchBytesMax = 6_000;

const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };

type End = 'acknowledged' | 'record_refused' | 'append_withdrawn' | 'open';

interface Appended {
  /** Of each record. */
  readonly partitions: readonly number[];
  readonly values: readonly string[];
  readonly isTooLarge: boolean;
  end: End;
  /** Of each record what was told; null: it did not ask. */
  settled: readonly (Error | null | undefined)[] | null;
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function run(seed: number) {
  const random = randomOf(seed);
  const clock = new TurnedClock();
  const isStrictWhenEmpty = random() < 0.5;
  const cluster = new ModelCluster({ clock, random, partitions: partitionCount, batchBytesMax, isStrictWhenEmpty });
  const sink = new RecordSink({ producerLink: () => cluster }, logger, { clock });
  await Promise.all([sink.connect(), clock.turn(20_000, () => sink.problem() === null)]);
  const appends: Appended[] = [];
  for (let step = 0; step < 60; step += 1) {
    for (let count = Math.floor(random() * 4); count > 0; count -= 1)
      appends.push(append(sink, appends.length, random, clock));
    if (random() < 0.15) cluster.disturb();
    await clock.turn(clock.now() + random() * 200);
  }
  cluster.faults = 0;
  await clock.turn(clock.now() + 120_000, () => sink.waiting.records === 0);
  await clock.turn(clock.now() + 60_000);
  return { appends, cluster, sink };
}

function append(sink: RecordSink, number: number, random: () => number, clock: TurnedClock): Appended {
  const partition = Math.floor(random() * partitionCount);
  const isTooLarge = random() < 0.03;
  const values = Array.from({ length: 1 + Math.floor(random() * 12) }, (_, index) => `${number}.${index}`);
  const isTold = random() < 0.3;
  // What is told of each record may go to several partitions, each of which has troubles of its own.
  const partitions = values.map((_, index) => (isTold ? (partition + (index % 2)) % partitionCount : partition));
  const appended: Appended = { partitions, values, isTooLarge, end: 'open', settled: null };
  const stop = new AbortController();
  if (random() < 0.2)
    clock.after(random() * 300, () => {
      stop.abort();
    });
  const large = Math.floor(random() * values.length);
  const settled: (Error | null | undefined)[] = values.map(() => undefined);
  if (isTold) appended.settled = settled;
  const onSettled = (index: number, error: Error | null) => {
    if (settled[index] !== undefined) throw new Error('told twice');
    settled[index] = error;
  };
  sink
    .append(
      values.map((value, index) => ({
        topic: 't',
        partition: partitions[index] as number,
        key: null,
        value: Buffer.from(value.padEnd(isTooLarge && index === large ? batchBytesMax : 400)),
      })),
      { ...(random() < 0.5 ? { signal: stop.signal } : {}), ...(isTold ? { onSettled } : {}) },
    )
    .then(
      () => (appended.end = 'acknowledged'),
      (error: unknown) => (appended.end = (error as { code: End }).code),
    );
  return appended;
}

function valuesIn(partition: number, { partitions, values }: Appended): readonly string[] {
  return values.filter((_, index) => partitions[index] === partition);
}

/** Of an append that is told of each record: those of which the log says something else. */
function wronglyTold({ values, settled, isTooLarge, end }: Appended, log: readonly string[]): readonly string[] {
  if (settled === null) return [];
  // Withdrawn before it was appended.
  if (end === 'append_withdrawn' && settled.every((told) => told === undefined)) return values.filter(isIn(log));
  const isWithdrawn = settled.some((told) => told instanceof AppendWithdrawnError);
  const isRefused = settled.some((told) => told instanceof RecordRefusedError);
  if (end !== 'acknowledged' || (isRefused && !isTooLarge)) return values;
  if (isTooLarge && !isRefused && !isWithdrawn) return values;
  return values.filter((value, index) => isIn(log)(value) !== (settled[index] === null));
}

function isWithdrawnInPart(settled: readonly (Error | null | undefined)[]): boolean {
  return settled.some((told) => told instanceof AppendWithdrawnError) && settled.includes(null);
}

function isIn(log: readonly string[]): (value: string) => boolean {
  return (value) => log.includes(value);
}

test(
  'acknowledged is in the log once and in order, refused and withdrawn records are at most once',
  async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { appends, cluster, sink } = await run(seed);
        for (const [what, count] of cluster.seen) seen.set(what, (seen.get(what) ?? 0) + count);
        for (const { end } of appends) seen.set(end, (seen.get(end) ?? 0) + 1);
        for (const { settled } of appends)
          if (isWithdrawnInPart(settled ?? [])) seen.set('withdrawn in part', (seen.get('withdrawn in part') ?? 0) + 1);
        expect(sink.waiting).toEqual({ records: 0, bytes: 0 });
        expect(sink.oldestUnacknowledgedMs).toBe(0);
        expect(sink.problem()).toBeNull();
        expect(cluster.concurrentMax).toBeLessThanOrEqual(1);
        const numbers = Array.from({ length: partitionCount }, (_, partition) => partition);
        const everywhere = numbers.flatMap((partition) => cluster.values(partition));
        for (const told of appends) expect(wronglyTold(told, everywhere)).toEqual([]);
        for (const partition of numbers) {
          const log = cluster.values(partition);
          const order = appends.flatMap((appended) => valuesIn(partition, appended));
          const here = appends.filter(({ settled, partitions }) => settled === null && partitions[0] === partition);
          const certain = here.flatMap(({ values, end }) => (end === 'acknowledged' ? values : []));
          const never = new Set(here.flatMap(({ values, end }) => (end === 'append_withdrawn' ? values : [])));
          expect(here.filter(({ end, isTooLarge }) => end === 'record_refused' && !isTooLarge)).toEqual([]);
          expect(here.filter(({ end, isTooLarge }) => end === 'acknowledged' && isTooLarge)).toEqual([]);
          // What is in the log is there once, in the order of the appends.
          expect(log).toEqual(order.filter((value) => log.includes(value)));
          expect(certain.filter((value) => !log.includes(value))).toEqual([]);
          expect(log.filter((value) => never.has(value))).toEqual([]);
        }
      }),
      { numRuns: runs },
    );
    if (process.env['RECORD_SINK_RUNS'] !== undefined)
      process.stderr.write(`${JSON.stringify(Object.fromEntries(seen))}\n`);
    // Everything that the model can do was met.
    for (const what of [
      'acknowledged',
      'record_refused',
      'append_withdrawn',
      'withdrawn in part',
      'duplicate',
      'frozen',
      'unwanted',
      'code 45',
      'code 47',
    ]) {
      expect([what, seen.get(what) ?? 0]).not.toEqual([what, 0]);
    }
  },
  60_000 + runs * 2_000,
);

test('Kafka is silent only while no broker answers: partitions without a leader do not make it so', async () => {
  const clock = new TurnedClock();
  const cluster = new ModelCluster({
    clock,
    random: randomOf(1),
    partitions: 2,
    batchBytesMax,
    isStrictWhenEmpty: false,
  });
  cluster.faults = 0;
  const sink = new RecordSink({ producerLink: () => cluster }, logger, { clock });
  await Promise.all([sink.connect(), clock.turn(20_000, () => sink.problem() === null)]);
  const [leaderless, other] = cluster.partitions;
  if (leaderless === undefined || other === undefined) throw new Error('no partitions');
  const send = (partition: number) => {
    sink.append([{ topic: 't', partition, key: null, value: Buffer.from('1.0') }]).catch(nothing);
  };
  const { leader } = leaderless;
  leaderless.leader = -1;
  other.leader = -1;
  send(0);
  send(1);
  for (let look = 0; look < 50; look += 1) {
    await clock.turn(clock.now() + 100);
    expect(sink.silentMs).toBeLessThanOrEqual(600);
  }
  expect(sink.oldestUnacknowledgedMs).toBeGreaterThan(4_000);
  cluster.isAway = true;
  await clock.turn(clock.now() + 5_000);
  expect(sink.silentMs).toBeGreaterThan(4_400);
  cluster.isAway = false;
  leaderless.leader = leader;
  other.leader = leader;
  await clock.turn(clock.now() + 5_000);
  expect(sink.waiting.records).toBe(0);
  expect(sink.silentMs).toBe(0);
});
