/** Over a sink of which each record is answered by itself. */
import { expect, test } from '@jest/globals';
import {
  AppendWithdrawnError,
  RecordRefusedError,
  SinkClosedError,
  TopicForbiddenError,
} from '../../libs/kafka/producer/append-error.ts';
import type { OutgoingRecord, PartitionLease } from '../../libs/kafka/record.ts';
import type { AppendOptions } from '../../libs/kafka/producer/record-sink.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { handledAs } from '../../test/support/handled-event.ts';
import { EventWriter } from './event-writer.ts';
import { FanoutMetrics } from './fanout-metrics.ts';
import { Slice } from './slice.ts';

const patienceMs = 20;

/** Of every record its topic and key, as `topic/key`. */
class AskedSink {
  /** In the order in which they were appended. */
  readonly appended: string[] = [];
  readonly withdrawn: string[] = [];
  /** Since a broker answered anything. */
  silentMs = 0;
  private readonly open = new Map<string, (error: Error | null) => void>();
  private readonly answers: (name: string) => Error | null | 'later';

  constructor(answers: (name: string) => Error | null | 'later') {
    this.answers = answers;
  }

  append(records: readonly OutgoingRecord[], { onSettled, signal }: AppendOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = records.length;
      const names = records.map(({ topic, key }) => `${topic}/${String(key)}`);
      signal?.addEventListener('abort', () => {
        for (const name of names.filter((open) => this.open.has(open))) {
          this.withdrawn.push(name);
          this.answer(name, new AppendWithdrawnError('withdrawn'));
        }
      });
      for (const [index, name] of names.entries()) {
        const settle = (error: Error | null) => {
          this.open.delete(name);
          onSettled?.(index, error);
          if (error !== null && onSettled === undefined) reject(error);
          left -= 1;
          if (left === 0) resolve();
        };
        this.appended.push(name);
        const answer = this.answers(name);
        if (answer === 'later') this.open.set(name, settle);
        else setImmediate(settle, answer);
      }
    });
  }

  answerAll(): void {
    for (const settle of [...this.open.values()]) settle(null);
  }

  answer(name: string, error: Error | null = null): void {
    this.open.get(name)?.(error);
  }
}

interface WarnedLogger extends Logger {
  readonly warnings: string[];
}

function logger(): WarnedLogger {
  const warnings: string[] = [];
  const nothing = () => undefined;
  const made: WarnedLogger = {
    warnings,
    debug: nothing,
    info: nothing,
    warn: (_, message) => warnings.push(message),
    error: nothing,
    child: () => made,
  };
  return made;
}

function stand(answers: (name: string) => Error | null | 'later') {
  const completed: number[] = [];
  const state = { isHeld: true, mayStart: true };
  const lease: PartitionLease = {
    topic: 'platform.events',
    partition: 0,
    epoch: 1,
    get isHeld() {
      return state.isHeld;
    },
    incomplete: 0,
    complete: (offset) => completed.push(offset),
    pause: () => undefined,
    resume: () => undefined,
  };
  const sink = new AskedSink(answers);
  const log = logger();
  const metrics = new FanoutMetrics(new Metrics('fanout-test'));
  const rejectedTopic = 'rejected';
  const mayStart = () => state.mayStart;
  const writer = new EventWriter({ sink, metrics, rejectedTopic, logger: log, now: () => 0, patienceMs, mayStart });
  return { completed, lease, sink, log, writer, state };
}

function recordOf(name: string, bytes = 1): OutgoingRecord {
  const [topic = '', key = ''] = name.split('/');
  return { topic, key, value: Buffer.alloc(bytes) };
}

function sourceOf(lease: PartitionLease, offset: number) {
  const record = { topic: lease.topic, partition: 0, offset, timestampMs: 0, key: null, value: null, headers: {} };
  return { lease, record };
}

/** One event, a name for each of its records. */
function sliceOf(lease: PartitionLease, ...events: readonly { offset: number; names: string[]; bytes?: number }[]) {
  const slice = new Slice();
  for (const { offset, names, bytes } of events) {
    slice.add(sourceOf(lease, offset), handledAs(names.map((name) => recordOf(name, bytes))));
  }
  return slice;
}

/** However slow the machine is: what is left behind for being late ends all the same. */
async function untilComplete(completed: readonly number[], count: number): Promise<void> {
  while (completed.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
}

const deadPartition = (name: string) => (name.includes('dead') ? 'later' : null);

test('a partition that cannot be written to keeps only the events that need it', async () => {
  const { completed, lease, sink, log, writer } = stand(deadPartition);
  await writer.write(
    sliceOf(
      lease,
      { offset: 0, names: ['events/0', 'deliveries/well'] },
      { offset: 1, names: ['events/1', 'deliveries/well', 'deliveries/dead-1'] },
    ),
  );
  await writer.write(sliceOf(lease, { offset: 2, names: ['events/2', 'deliveries/well'] }));
  await untilComplete(completed, 2);
  expect(completed.toSorted()).toEqual([0, 2]);
  expect(log.warnings).toHaveLength(1);
  sink.answer('deliveries/dead-1');
  await untilComplete(completed, 3);
  expect(completed.at(-1)).toBe(1);
});

test('while no broker answers, one slice is left behind and no more', async () => {
  const { completed, lease, sink, writer } = stand(() => 'later');
  sink.silentMs = 60_000;
  const wholeSlice = (first: number) =>
    sliceOf(
      lease,
      ...Array.from({ length: 128 }, (_, index) => ({ offset: first + index, names: [`deliveries/${first + index}`] })),
    );
  await writer.write(wholeSlice(0));
  const next = writer.write(wholeSlice(128)).then(() => 'written');
  const waited = new Promise((resolve) => setTimeout(resolve, 400, 'waits'));
  expect(await Promise.race([next, waited])).toBe('waits');
  expect(completed).toEqual([]);
  sink.answerAll();
  await next;
  expect(completed).toHaveLength(256);
});

test('brokers that answer are not silent, whatever was acknowledged last: the next slice is left behind too', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  const wholeSlice = (first: number) =>
    sliceOf(
      lease,
      ...Array.from({ length: 128 }, (_, index) => ({
        offset: first + index,
        names: [`deliveries/dead-${first + index}`],
      })),
    );
  for (let first = 0; first < 5 * 128; first += 128) await writer.write(wholeSlice(first));
  await writer.write(sliceOf(lease, { offset: 640, names: ['deliveries/well'] }));
  await untilComplete(completed, 1);
  expect(completed).toEqual([640]);
  sink.answerAll();
  await untilComplete(completed, 641);
});

test('no more is left behind than fits into memory', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  const large = (offset: number) =>
    sliceOf(lease, { offset, names: [`events/${offset}`, `deliveries/dead-${offset}`], bytes: 6 * 1_024 * 1_024 });
  await writer.write(large(0));
  await writer.write(large(1));
  const third = writer.write(large(2));
  const fourth = writer.write(sliceOf(lease, { offset: 3, names: ['deliveries/well'] }));
  const waited = new Promise((resolve) => setTimeout(resolve, 400, 'waits'));
  expect(await Promise.race([fourth, waited])).toBe('waits');
  sink.answer('deliveries/dead-0');
  await Promise.all([third, fourth]);
  expect(completed).toEqual([0, 3]);
});

test('before partitions are given up, what was left behind is withdrawn and incomplete', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  await writer.write(sliceOf(lease, { offset: 0, names: ['events/0', 'deliveries/dead-0'] }));
  writer.beginDrain([lease]);
  writer.endDrain([lease]);
  await turns();
  expect(sink.withdrawn).toEqual(['deliveries/dead-0']);
  expect(completed).toEqual([]);
  // What comes after it in its order is left to the next owner as well; of other partitions, and later stays, nothing is.
  await writer.write(sliceOf(lease, { offset: 1, names: ['deliveries/well'] }));
  expect(completed).toEqual([]);
  await writer.write(sliceOf({ ...lease }, { offset: 0, names: ['deliveries/well'] }));
  expect(completed).toEqual([0]);
});

test('a drain withdraws nothing of another stay', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  const after = { ...lease };
  await writer.write(sliceOf(after, { offset: 0, names: ['events/0', 'deliveries/dead-0'] }));
  writer.endDrain([lease]);
  await turns();
  sink.answer('deliveries/dead-0');
  await turns();
  expect(completed).toEqual([0]);
});

test('nothing that comes after what was withdrawn is written, not even what was on its way', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  await writer.write(sliceOf(lease, { offset: 0, names: ['events/0', 'deliveries/dead-0'] }));
  const under = writer.write(sliceOf(lease, { offset: 1, names: ['events/1', 'deliveries/dead-1'] }));
  const behind = writer.write(sliceOf(lease, { offset: 2, names: ['deliveries/dead-2'] }));
  await turns();
  writer.beginDrain([lease]);
  await Promise.all([under, behind]);
  expect(sink.withdrawn).toEqual(['deliveries/dead-0', 'deliveries/dead-1']);
  expect(sink.appended).not.toContain('deliveries/dead-2');
  expect(completed).toEqual([]);
});

test('what ends after all gives its room back and is reported, though others of its slice wait', async () => {
  const { completed, lease, sink, writer } = stand((name) => (/dead|slow/.test(name) ? 'later' : null));
  const many = (first: number) =>
    sliceOf(
      lease,
      { offset: first, names: [`events/${first}`, `deliveries/dead-${first}`] },
      ...Array.from({ length: 127 }, (_, index) => ({
        offset: first + 1 + index,
        names: [`deliveries/slow-${first + 1 + index}`],
      })),
    );
  for (let first = 0; first < 128 * 20; first += 128) {
    await writer.write(many(first));
    for (let slow = first + 1; slow < first + 128; slow += 1) sink.answer(`deliveries/slow-${slow}`);
    await turns();
  }
  expect(completed).toHaveLength(127 * 20);
  expect(writer['left']['events']).toBe(20);
});

test('an event in parts is complete after the last of its records, whichever part that is in', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  const source = sourceOf(lease, 7);
  const slices = [['deliveries/dead-1'], ['deliveries/well']].map((names, index) => {
    const slice = new Slice();
    const rest = index === 0 ? () => handledAs([]) : null;
    slice.add(
      source,
      handledAs(
        ['events/x', ...names].map((name) => recordOf(name)),
        rest,
      ),
    );
    return slice;
  });
  for (const slice of slices) await writer.write(slice);
  expect(completed).toEqual([]);
  sink.answer('deliveries/dead-1');
  await turns();
  expect(completed).toEqual([7]);
});

test('what Kafka refuses is set aside; what came with it is written, once', async () => {
  const { completed, lease, sink, writer } = stand((name) =>
    name === 'events/large' ? new RecordRefusedError('too large') : null,
  );
  await writer.write(
    sliceOf(
      lease,
      { offset: 0, names: ['events/a'] },
      { offset: 1, names: ['events/large', 'deliveries/w-1'] },
      { offset: 2, names: ['events/b'] },
    ),
  );
  await untilComplete(completed, 3);
  expect(sink.appended).toEqual(['events/a', 'events/large', 'deliveries/w-1', 'events/b', 'rejected/null']);
  expect(completed.toSorted()).toEqual([0, 1, 2]);
});

test('a rejection that is not written when the producer closes completes nothing, and nothing is unhandled', async () => {
  const { completed, lease, sink, writer } = stand((name) =>
    name === 'events/large'
      ? new RecordRefusedError('too large')
      : name.startsWith('rejected')
        ? 'later'
        : deadPartition(name),
  );
  const failures: Error[] = [];
  writer.onFailure((error) => failures.push(error));
  await writer.write(
    sliceOf(lease, { offset: 0, names: ['events/large', 'deliveries/w'] }, { offset: 1, names: ['deliveries/dead-1'] }),
  );
  sink.answer('rejected/null', new TopicForbiddenError('forbidden'));
  await turns();
  expect(failures).toHaveLength(1);
  expect(completed).toEqual([]);
});

test('at the end of the process nothing more is complete, and every write rejects', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  await writer.write(sliceOf(lease, { offset: 0, names: ['events/0', 'deliveries/dead-0'] }));
  sink.answer('deliveries/dead-0', new SinkClosedError('closed'));
  await turns();
  const later = writer.write(sliceOf(lease, { offset: 1, names: ['deliveries/well'] }));
  await expect(later).rejects.toThrow('closed');
  expect(completed).toEqual([]);
});

test('nothing is written that another member might write as well, nor what another member has by then', async () => {
  const { completed, lease, sink, writer, state } = stand(() => null);
  state.mayStart = false;
  const first = writer.write(sliceOf(lease, { offset: 0, names: ['deliveries/a'] }));
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(sink.appended).toEqual([]);
  state.mayStart = true;
  await first;
  expect(completed).toEqual([0]);
  state.mayStart = false;
  const second = writer.write(sliceOf(lease, { offset: 1, names: ['deliveries/b'] }));
  state.isHeld = false;
  await second;
  expect(sink.appended).toEqual(['deliveries/a']);
  expect(completed).toEqual([0]);
});
