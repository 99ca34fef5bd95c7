/** Over a sink of which each record is answered by itself. */
import { expect, test } from '@jest/globals';
import { RecordRefusedError, SinkClosedError } from '../../libs/kafka/append-error.ts';
import type { OutgoingRecord, PartitionLease } from '../../libs/kafka/record.ts';
import type { AppendOptions } from '../../libs/kafka/record-sink.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import type { HandledEvent } from './event-handler.ts';
import { EventWriter } from './event-writer.ts';
import { FanoutMetrics } from './fanout-metrics.ts';
import { Slice } from './slice.ts';

/** Of every record its topic and key, as `topic/key`. */
class AskedSink {
  /** In the order in which they were appended. */
  readonly appended: string[] = [];
  private readonly open = new Map<string, (error: Error | null) => void>();
  private readonly answers: (name: string) => Error | null | 'later';

  constructor(answers: (name: string) => Error | null | 'later') {
    this.answers = answers;
  }

  append(records: readonly OutgoingRecord[], { onSettled }: AppendOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = records.length;
      const names = records.map(({ topic, key }) => `${topic}/${String(key)}`);
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
  const writer = new EventWriter({ sink, metrics, rejectedTopic, logger: log, now: () => 0, mayStart });
  return { completed, lease, sink, log, writer, state };
}

const part: Omit<HandledEvent, 'records'> = {
  eventType: 't',
  deliveries: 1,
  deliveriesSoFar: 1,
  rest: null,
  rejection: null,
  defect: null,
  schemaWarning: null,
  isSchemaOverBudget: false,
  isDeprecated: false,
  filtersOverBudget: [],
  traceparent: null,
  span: null,
};

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
    slice.add(sourceOf(lease, offset), { ...part, records: names.map((name) => recordOf(name, bytes)) });
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

test('an event in parts is complete after the last of its records, whichever part that is in', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  const source = sourceOf(lease, 7);
  const slices = [['deliveries/dead-1'], ['deliveries/well']].map((names, index) => {
    const slice = new Slice();
    const rest = index === 0 ? () => ({ ...part, records: [] }) : null;
    slice.add(source, { ...part, records: ['events/x', ...names].map((name) => recordOf(name)), rest });
    return slice;
  });
  const writing = slices.map((slice) => writer.write(slice));
  await turns();
  expect(completed).toEqual([]);
  sink.answer('deliveries/dead-1');
  await Promise.all(writing);
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
  const writing = writer.write(
    sliceOf(lease, { offset: 0, names: ['events/large', 'deliveries/w'] }, { offset: 1, names: ['deliveries/dead-1'] }),
  );
  await turns();
  sink.answer('rejected/null', new SinkClosedError('closed'));
  await expect(writing).rejects.toThrow('closed');
  expect(completed).toEqual([]);
});

test('at the end of the process nothing more is complete, and every write rejects', async () => {
  const { completed, lease, sink, writer } = stand(deadPartition);
  const first = writer.write(sliceOf(lease, { offset: 0, names: ['events/0', 'deliveries/dead-0'] }));
  await turns();
  sink.answer('deliveries/dead-0', new SinkClosedError('closed'));
  await expect(first).rejects.toThrow('closed');
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
