/**
 * A drain leaves what is not begun to the next owner. One that outlasts its deadline goes on while the same partitions are
 * held again: it may touch nothing of theirs.
 */
import { expect, test } from '@jest/globals';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import type { PartitionLease } from '../../libs/kafka/record.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { RegistryValues } from '../../libs/wire/registry-values.ts';
import { Mappings } from '../../libs/wire/mapping/mappings.ts';
import { RecordReader } from '../../libs/wire/mapping/record-reader.ts';
import { settlingAppend } from '../../test/support/settling-append.ts';
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

interface Stay extends PartitionLease {
  isHeld: boolean;
  readonly completed: number[];
}

function stay(epoch: number): Stay {
  const completed: number[] = [];
  return {
    topic: 'platform.events',
    partition: 0,
    epoch,
    isHeld: true,
    completed,
    incomplete: 0,
    complete: (offset) => completed.push(offset),
    pause: () => undefined,
    resume: () => undefined,
  };
}

/** Over a Kafka that acknowledges nothing until it is told to, then everything. */
function intakeOf(webhooks: number, clientOf: (index: number) => string = () => 'c', isCurrent = () => true) {
  const waiting: (() => void)[] = [];
  let isAway = true;
  const sink = {
    append: settlingAppend(() =>
      isAway ? new Promise<void>((resolve) => waiting.push(resolve)) : new Promise<void>(setImmediate),
    ),
  };
  const table = new SubscriptionTable();
  for (let index = 0; index < webhooks; index += 1)
    table.apply(webhookDefinition(`w-${index}`, { clientId: clientOf(index) }));
  const handler = new EventHandler({
    table,
    catalogue: new Catalogue([]),
    encodeEvent: (event) => Buffer.from(event.eventId),
    encodeDelivery: (delivery) => delivery.body,
    topics: { events: 'events', deliveries: 'deliveries', rejected: 'rejected', notices: 'notices' },
    payloadBytesMax: 300_000,
    unknownEventTypes: 'accept',
    historyMs: 1,
    now: () => 0,
  });
  const metrics = new FanoutMetrics(new Metrics('fanout-test'));
  const writer = new EventWriter({ sink, metrics, rejectedTopic: 'rejected', logger: silent, now: () => 0 });
  const limits = { maxRecords: 5_000, maxBytes: 64 * 1_024 * 1_024, maxPerRun: 1_000 };
  const reader = new RecordReader(
    new RegistryValues({ foreignSchema: () => Promise.resolve(null) }),
    new Mappings([], ''),
  );
  const clock = { nowMs: 0 };
  const tables = { isCurrent, confirmedAt: Infinity, confirm: () => Promise.resolve() };
  const intake = new EventIntake({
    handler,
    reader,
    writer,
    tables,
    limits,
    logger: silent,
    now: () => clock.nowMs,
  });
  const comeBack = () => {
    isAway = false;
    for (const acknowledge of waiting.splice(0)) acknowledge();
  };
  const goAway = () => (isAway = true);
  return { intake, clock, comeBack, goAway, isWriting: () => waiting.length > 0 };
}

function take(intake: EventIntake, lease: PartitionLease, events: readonly object[]): void {
  const records = events.map((event, offset) => ({
    topic: lease.topic,
    partition: lease.partition,
    offset,
    timestampMs: 0,
    key: null,
    value: Buffer.from(JSON.stringify(event)),
    headers: {},
  }));
  intake.take({ lease, records, fetchedOffset: 0, nextOffset: events.length, highWatermark: events.length });
}

async function until(isTrue: () => boolean, turns = 20_000): Promise<void> {
  for (let left = turns; left > 0 && !isTrue(); left -= 1) await new Promise(setImmediate);
}

function counting(events: readonly unknown[]): number[] {
  return Array.from(events, (_, index) => index);
}

test('a late drain leaves alone what waits of the stay that follows', async () => {
  const { intake, comeBack, isWriting } = intakeOf(0);
  const before = stay(1);
  // For one client and no webhook, so many at once wait in the backlog.
  const heap = Array.from({ length: 300 }, (_, index) => ({ id: `e-${index}`, type: 't', clientid: 'c' }));
  take(intake, before, heap.slice(0, 3));
  await until(isWriting);
  const drained = intake.drain([before]);
  // The deadline passes, and the partition comes back.
  before.isHeld = false;
  const after = stay(2);
  take(intake, after, heap);
  comeBack();
  await drained;
  await until(() => after.completed.length === heap.length);
  expect(after.completed.toSorted((a, b) => a - b)).toEqual(counting(heap));
});

test('nor is an event of it left off, because one before was to be finished in two seconds', async () => {
  const { intake, clock, comeBack, isWriting } = intakeOf(1_000);
  const wide = { id: 'wide', type: 't', clientid: 'c', data: { text: 'x'.repeat(20_000) } };
  const before = stay(1);
  take(intake, before, [wide]);
  await until(isWriting);
  const drained = intake.drain([before]);
  before.isHeld = false;
  const after = stay(2);
  take(intake, after, [wide, { ...wide, id: 'second' }]);
  clock.nowMs += 2_000;
  comeBack();
  await until(() => after.completed.length === 2);
  expect(after.completed).toEqual([0, 1]);
  await drained;
});

test('a drain waits for what is being written, not for all that was read', async () => {
  const { intake, comeBack, isWriting } = intakeOf(1_500, (index) => `c-${index}`);
  const held = stay(1);
  const many = Array.from({ length: 1_500 }, (_, index) => ({ id: `e-${index}`, type: 't', clientid: `c-${index}` }));
  take(intake, held, many);
  await until(isWriting);
  const drained = intake.drain([held]);
  comeBack();
  await drained;
  // Two slices of 128 may be under way; in the order of the partition nothing was left out before them.
  expect(held.completed.length).toBeGreaterThan(0);
  expect(held.completed.length).toBeLessThanOrEqual(2 * 128);
  expect(held.completed.toSorted((a, b) => a - b)).toEqual(counting(held.completed));
});

test('what waited when a partition is given up is overtaken by nothing that comes after it', async () => {
  const tables = { areCurrent: true };
  const { intake, comeBack, goAway, isWriting } = intakeOf(
    1,
    () => 'c',
    () => tables.areCurrent,
  );
  const held = stay(1);
  // More of one webhook than a run writes at once: the rest waits in the backlog.
  const burst = Array.from({ length: 300 }, (_, index) => ({ id: `e-${index}`, type: 't', clientid: 'c' }));
  take(intake, held, burst);
  await until(isWriting);
  comeBack();
  goAway();
  await until(() => held.completed.length >= 16 && isWriting());
  // The next run finds tables that are not current. They are when it looks again, and the partition is given up by then.
  tables.areCurrent = false;
  const value = Buffer.from(JSON.stringify({ id: 'late', type: 't', clientid: 'c' }));
  const late = { topic: held.topic, partition: 0, offset: 300, timestampMs: 0, key: null, value, headers: {} };
  intake.take({ lease: held, records: [late], fetchedOffset: 300, nextOffset: 301, highWatermark: 301 });
  await until(() => false, 50);
  const drained = intake.drain([held]);
  tables.areCurrent = true;
  comeBack();
  await drained;
  expect(held.completed.length).toBeLessThan(300);
  expect(held.completed.toSorted((one, other) => one - other)).toEqual(counting(held.completed));
});
