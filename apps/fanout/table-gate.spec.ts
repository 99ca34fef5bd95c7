/** Tables that may have changed unseen decide nothing: events wait for them, in order, until their partition is given up. */
import { expect, test } from '@jest/globals';
import { definitionLeaseMs } from '../../libs/domain/webhook/definition-lease.ts';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import type { PartitionLease } from '../../libs/kafka/record.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { RegistryValues } from '../../libs/wire/registry-values.ts';
import { Mappings } from '../../libs/wire/mapping/mappings.ts';
import { RecordReader } from '../../libs/wire/mapping/record-reader.ts';
import { settlingAppend } from '../../test/support/settling-append.ts';
import { until } from '../../test/support/until.ts';
import { webhookDefinition } from '../../test/support/webhook-definition.ts';
import { Catalogue } from './catalogue.ts';
import { EventHandler } from './event-handler.ts';
import { EventIntake } from './event-intake.ts';
import { EventWriter } from './event-writer.ts';
import { FanoutMetrics } from './fanout-metrics.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
const waitMs = { timeoutMs: 20_000 };

class Fanout {
  readonly table = new SubscriptionTable();
  /** Keys and topics of what is written, in order. */
  readonly written: string[] = [];
  readonly completed: number[] = [];
  readonly lease: PartitionLease;
  readonly intake: EventIntake;
  isHeld = true;
  isCurrent = true;
  asked = 0;
  nowMs = 0;
  readonly confirmed = { at: Infinity, questions: 0, answer: () => Promise.resolve() };
  private nextOffset = 0;

  constructor() {
    const { confirmed } = this;
    const isHeld = () => this.isHeld;
    this.lease = {
      topic: 'platform.events',
      partition: 0,
      epoch: 1,
      get isHeld() {
        return isHeld();
      },
      incomplete: 0,
      complete: (offset) => this.completed.push(offset),
      pause: () => undefined,
      resume: () => undefined,
    };
    const handler = new EventHandler({
      table: this.table,
      catalogue: new Catalogue([]),
      encodeEvent: (event) => Buffer.from(event.eventId),
      encodeDelivery: () => Buffer.alloc(0),
      topics: { events: 'events', deliveries: 'deliveries', rejected: 'rejected', notices: 'notices' },
      payloadBytesMax: 100_000,
      unknownEventTypes: 'accept',
      historyMs: 1,
      now: () => 0,
    });
    const append = settlingAppend((records) => {
      this.written.push(...records.map(({ topic, key }) => `${topic} ${String(key)}`));
      return new Promise<void>(setImmediate);
    });
    const metrics = new FanoutMetrics(new Metrics('fanout-test'));
    const writer = new EventWriter({
      sink: { append },
      metrics,
      rejectedTopic: 'rejected',
      logger: silent,
      now: () => 0,
    });
    this.intake = new EventIntake({
      handler,
      reader: new RecordReader(
        new RegistryValues({ foreignSchema: () => Promise.resolve(null) }),
        new Mappings([], ''),
      ),
      writer,
      tables: {
        isCurrent: () => {
          this.asked += 1;
          return this.isCurrent;
        },
        get confirmedAt() {
          return confirmed.at;
        },
        confirm: () => {
          confirmed.questions += 1;
          return confirmed.answer();
        },
      },
      limits: { maxRecords: 5_000, maxBytes: 64 * 1_024 * 1_024, maxPerRun: 1_000 },
      logger: silent,
      now: () => this.nowMs,
    });
  }

  take(ids: readonly string[]): void {
    const first = this.nextOffset;
    this.nextOffset += ids.length;
    const records = ids.map((id, index) => ({
      topic: this.lease.topic,
      partition: 0,
      offset: first + index,
      timestampMs: 0,
      key: null,
      value: Buffer.from(JSON.stringify({ id, type: 't', clientid: 'c' })),
      headers: {},
    }));
    const { nextOffset } = this;
    this.intake.take({ lease: this.lease, records, fetchedOffset: first, nextOffset, highWatermark: nextOffset });
  }
}

/** Longer than it takes to look at the tables again. */
async function aWhile(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 200));
}

test('a webhook that was made while the tables were behind gets the events of that time, in order', async () => {
  const fanout = new Fanout();
  fanout.isCurrent = false;
  fanout.take(['one', 'two']);
  fanout.take(['three']);
  await aWhile();
  expect([fanout.written, fanout.completed]).toEqual([[], []]);
  fanout.table.apply(webhookDefinition('w-new', { clientId: 'c' }));
  fanout.isCurrent = true;
  await until(() => fanout.completed.length === 3, waitMs);
  expect(fanout.completed).toEqual([0, 1, 2]);
  expect(fanout.written).toEqual(['one', 'two', 'three'].flatMap((id) => [`events ${id}`, 'deliveries w-new']));
});

test('what waits in the backlog is decided on current tables too', async () => {
  const fanout = new Fanout();
  const heap = Array.from({ length: 300 }, (_, index) => `e-${index}`);
  fanout.take(heap);
  await Promise.resolve();
  // The first of them are let through in one step; then the tables fall behind.
  fanout.isCurrent = false;
  await aWhile();
  const before = fanout.completed.length;
  expect(before).toBeLessThan(heap.length);
  fanout.table.apply(webhookDefinition('w-new', { clientId: 'c' }));
  fanout.isCurrent = true;
  await until(() => fanout.completed.length === heap.length, waitMs);
  expect(fanout.written.filter((name) => name === 'deliveries w-new')).toHaveLength(heap.length - before);
  expect(fanout.completed).toEqual(heap.map((_, offset) => offset));
});

test('a stop does not wait for the tables, and leaves all that is behind to the next owner', async () => {
  const fanout = new Fanout();
  fanout.isCurrent = false;
  fanout.take(['one', 'two']);
  await aWhile();
  const drained = fanout.intake.drain([fanout.lease]);
  fanout.take(['three']);
  await drained;
  // Still held: current tables come too late for it, and what is behind it must not overtake it.
  fanout.isCurrent = true;
  fanout.take(['four']);
  await aWhile();
  expect([fanout.written, fanout.completed]).toEqual([[], []]);
});

test('nor does what waits in the backlog hold up a stop', async () => {
  const fanout = new Fanout();
  fanout.take(Array.from({ length: 300 }, (_, index) => `e-${index}`));
  await Promise.resolve();
  fanout.isCurrent = false;
  await aWhile();
  await fanout.intake.drain([fanout.lease]);
  expect(fanout.completed.length).toBeLessThan(300);
});

test('a partition that is lost meanwhile is worked no further', async () => {
  const fanout = new Fanout();
  fanout.isCurrent = false;
  fanout.take(['one']);
  await aWhile();
  fanout.isHeld = false;
  await aWhile();
  fanout.isCurrent = true;
  await aWhile();
  expect(fanout.written).toEqual([]);
});

test('the tables are asked for once in a step, not for each event', async () => {
  const fanout = new Fanout();
  const ids = Array.from({ length: 1_000 }, (_, index) => `e-${index}`);
  fanout.take(ids);
  await until(() => fanout.completed.length === ids.length, waitMs);
  expect(fanout.asked).toBeLessThan(ids.length / 10);
});

test('an event waits until the tables are known to hold what was there before it', async () => {
  const fanout = new Fanout();
  const { confirmed } = fanout;
  fanout.nowMs = 10_000;
  confirmed.at = 10_000 - definitionLeaseMs - 1;
  const { promise, resolve: answered } = Promise.withResolvers<undefined>();
  confirmed.answer = () => promise;
  fanout.take(['one']);
  await until(() => confirmed.questions > 0, waitMs);
  expect(fanout.written).toEqual([]);
  // The definition lay on Kafka, and the tail had not brought it.
  fanout.table.apply(webhookDefinition('w-new', { clientId: 'c' }));
  confirmed.at = 10_000;
  answered(undefined);
  await until(() => fanout.completed.length === 1, waitMs);
  expect(fanout.written).toEqual(['events one', 'deliveries w-new']);
});

test('tables that were confirmed just before are not waited for; the next answer is on its way', async () => {
  const fanout = new Fanout();
  fanout.nowMs = 10_000;
  fanout.confirmed.at = 10_000 - definitionLeaseMs;
  fanout.confirmed.answer = () => new Promise(() => undefined);
  fanout.take(['one']);
  await until(() => fanout.completed.length === 1, waitMs);
  expect(fanout.confirmed.questions).toBe(1);
  fanout.confirmed.at = 10_000 - definitionLeaseMs / 2;
  fanout.take(['two']);
  await until(() => fanout.completed.length === 2, waitMs);
  expect(fanout.confirmed.questions).toBe(1);
});

test('a stop does not wait for the confirmation', async () => {
  const fanout = new Fanout();
  fanout.nowMs = 10_000;
  fanout.confirmed.at = 0;
  fanout.confirmed.answer = () => new Promise(() => undefined);
  fanout.take(['one']);
  await aWhile();
  await fanout.intake.drain([fanout.lease]);
  expect([fanout.written, fanout.completed]).toEqual([[], []]);
});
