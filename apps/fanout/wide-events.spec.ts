import { expect, test } from '@jest/globals';
import { SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import type { OutgoingRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { RegistryValues } from '../../libs/wire/registry-values.ts';
import { Mappings } from '../../libs/wire/mapping/mappings.ts';
import { RecordReader } from '../../libs/wire/mapping/record-reader.ts';
import { settlingAppend } from '../../test/support/settling-append.ts';
import { webhookDefinition } from '../../test/support/webhook-definition.ts';
import { Catalogue } from './catalogue.ts';
import { EventHandler } from './event-handler.ts';
import { EventRuns } from './event-runs.ts';
import { EventWriter } from './event-writer.ts';
import { FanoutMetrics } from './fanout-metrics.ts';
import { sliceBytesMax } from './slice.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

interface Appended {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  acknowledge(): void;
}

/** Fan-out over a Kafka that acknowledges when it is told to. */
class FanoutOf {
  readonly appended: Appended[] = [];
  readonly completed: number[] = [];
  readonly runs: EventRuns;
  isHeld = true;
  nowMs = 0;
  /** Appends that are not acknowledged yet. */
  open = 0;
  keptBytes = 0;
  private nextOffset = 0;
  readonly lease: PartitionLease;

  constructor(table: SubscriptionTable, broadcast: string | null = null) {
    const { completed } = this;
    const isHeld = () => this.isHeld;
    this.lease = {
      topic: 'platform.events',
      partition: 0,
      epoch: 1,
      get isHeld() {
        return isHeld();
      },
      incomplete: 0,
      complete: (offset) => completed.push(offset),
      pause: () => undefined,
      resume: () => undefined,
    };
    const catalogue = new Catalogue([]);
    if (broadcast !== null) catalogue.apply({ ...eventType, type: broadcast });
    const handler = new EventHandler({
      table,
      catalogue,
      encodeEvent: (event) => Buffer.from(event.decisions.map(({ webhookId }) => webhookId).join(' ')),
      encodeDelivery: (delivery) => delivery.body,
      topics: { events: 'events', deliveries: 'deliveries', rejected: 'rejected', notices: 'notices' },
      payloadBytesMax: 300_000,
      unknownEventTypes: 'accept',
      historyMs: 1,
      now: () => 0,
    });
    const writer = new EventWriter({
      sink: { append: settlingAppend((records) => this.append(records)) },
      metrics: new FanoutMetrics(new Metrics('fanout-test')),
      rejectedTopic: 'rejected',
      logger: silent,
      now: () => 0,
    });
    this.runs = new EventRuns({
      handler,
      reader: new RecordReader(
        new RegistryValues({ foreignSchema: () => Promise.resolve(null) }),
        new Mappings([], ''),
      ),
      writer,
      now: () => this.nowMs,
      memory: {
        keep: (_lease, bytes) => (this.keptBytes += bytes),
        letGo: (_lease, bytes) => (this.keptBytes -= bytes),
        isFull: false,
      },
      onError: (error) => {
        throw error;
      },
    });
  }

  work(events: readonly object[]): Promise<void> {
    const records = events.map((event) => ({
      topic: 'platform.events',
      partition: 0,
      offset: this.nextOffset++,
      timestampMs: 0,
      key: null,
      value: Buffer.from(JSON.stringify(event)),
      headers: {},
    }));
    const nextOffset = this.nextOffset;
    const batch: RecordBatch = { lease: this.lease, records, fetchedOffset: 0, nextOffset, highWatermark: nextOffset };
    return this.runs.work([batch]);
  }

  /** Acknowledges each append once nothing more happens without, until all offsets are complete. */
  async acknowledgeUntil(isOver: () => boolean): Promise<void> {
    for (let next = 0; !isOver();) {
      await turns();
      expect(this.open).toBeLessThanOrEqual(1);
      this.appended[next++]?.acknowledge();
    }
  }

  private append(records: readonly OutgoingRecord[]): Promise<void> {
    const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    this.open += 1;
    return new Promise((resolve) => {
      const acknowledge = () => {
        this.open -= 1;
        resolve();
      };
      this.appended.push({ records, bytes, acknowledge });
    });
  }
}

const eventType = {
  description: null,
  audience: 'broadcast',
  jsonSchema: null,
  schemaMode: 'off',
  example: null,
  sensitivePaths: [],
  deprecated: false,
  visibleTo: null,
  version: 1,
  updatedAt: 0,
} as const;

function tableOf(webhooks: number, clients = 1): SubscriptionTable {
  const table = new SubscriptionTable();
  const formats = ['json', 'form', 'xml', 'cloudevents'] as const;
  for (let index = 0; index < webhooks; index += 1) {
    const format = formats[index % 4] ?? 'json';
    table.apply(webhookDefinition(`w-${index}`, { clientId: `c-${index % clients}`, format }));
  }
  return table;
}

/** A few turns of the event loop: whatever can go on without an acknowledgement has gone on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
}

const wide = { id: 'wide', type: 't', clientid: 'c-0', data: 'x'.repeat(32 * 1024) };

function idsOf(appended: readonly Appended[], topic: string): (string | Buffer | null)[] {
  return appended.flatMap(({ records }) => records.filter((record) => record.topic === topic).map(({ key }) => key));
}

test('an event for thousands is written in slices, one at a time, and is complete with the last', async () => {
  const fanout = new FanoutOf(tableOf(1_000));
  await fanout.work([wide]);
  await turns();
  // Nothing is acknowledged: one slice waits for it, and no more than the next is made.
  expect(fanout.appended).toHaveLength(1);
  await fanout.acknowledgeUntil(() => fanout.completed.length > 0);
  expect(fanout.open).toBe(0);
  expect(fanout.appended.length).toBeGreaterThanOrEqual(8);
  for (const { bytes } of fanout.appended) expect(bytes).toBeLessThan(sliceBytesMax + 64 * 1024);
  expect(idsOf(fanout.appended, 'deliveries')).toEqual(Array.from({ length: 1_000 }, (_, index) => `w-${index}`));
  const decided = fanout.appended.flatMap(({ records }) =>
    records.filter(({ topic }) => topic === 'events').flatMap(({ value }) => String(value).split(' ')),
  );
  expect(decided).toHaveLength(1_000);
  expect(fanout.keptBytes).toBe(0);
});

test('others are served between its parts, and no later event of its webhooks overtakes it', async () => {
  const table = tableOf(1_000);
  table.apply(webhookDefinition('w-other', { clientId: 'other' }));
  const fanout = new FanoutOf(table);
  await fanout.work([wide]);
  await turns();
  const working = fanout.work([
    { ...wide, id: 'later', data: 1 },
    { id: 'o', type: 't', clientid: 'other' },
  ]);
  await fanout.acknowledgeUntil(() => fanout.completed.length === 3);
  await working;
  expect(fanout.completed).toEqual([2, 0, 1]);
  const order = fanout.appended.flatMap(({ records }) => records.filter(({ topic }) => topic === 'deliveries'));
  const ofLast = order.filter(({ key }) => key === 'w-999');
  expect(ofLast.map(({ value }) => String(value).includes('"later"'))).toEqual([false, true]);
});

test('a broadcast to more webhooks than are listed keeps every later event behind it', async () => {
  const fanout = new FanoutOf(tableOf(10_100, 100), 'news');
  const later = { id: 'later', type: 't', clientid: 'c-99' };
  await fanout.work([{ id: 'all', type: 'news', data: 'x'.repeat(1_000) }, later]);
  await fanout.acknowledgeUntil(() => fanout.completed.length === 2);
  expect(fanout.completed).toEqual([0, 1]);
  const events = fanout.appended.flatMap(({ records }) => records.filter(({ topic }) => topic === 'events'));
  expect(events.map(({ key }) => key).at(-1)).toBe('later');
  expect(idsOf(fanout.appended, 'deliveries')).toHaveLength(10_100 + 101);
});

test('a step ends after ten milliseconds, whatever they were spent on', async () => {
  const table = tableOf(100);
  const fanout = new FanoutOf(table);
  // Each filter takes a millisecond, so ten webhooks make a part.
  for (const candidate of table.candidates('c-0', 't')) {
    Object.assign(candidate, { filter: () => (fanout.nowMs += 1) > 0 });
  }
  const working = fanout.work([{ id: 'slow', type: 't', clientid: 'c-0' }]);
  await fanout.acknowledgeUntil(() => fanout.completed.length === 1);
  await working;
  expect(fanout.appended.length).toBe(10);
});

test('an event that is cut off is not complete, and becomes the same again', async () => {
  const first = new FanoutOf(tableOf(1_000));
  await first.work([wide]);
  await turns();
  first.appended[0]?.acknowledge();
  await turns();
  first.isHeld = false;
  for (let next = 1; first.open > 0; next += 1) {
    first.appended[next]?.acknowledge();
    await turns();
  }
  expect(first.completed).toEqual([]);
  expect(first.keptBytes).toBe(0);
  const again = new FanoutOf(tableOf(1_000));
  await again.work([wide]);
  await again.acknowledgeUntil(() => again.completed.length > 0);
  const bodies = (fanout: FanoutOf) =>
    fanout.appended.flatMap(({ records }) => records.map(({ value }) => String(value).slice(-250)));
  expect(bodies(again).slice(0, bodies(first).length)).toEqual(bodies(first));
});

test('before partitions are given up it is written on for two seconds, then left to its next owner', async () => {
  for (const isQuick of [true, false]) {
    const fanout = new FanoutOf(tableOf(1_000));
    await fanout.work([wide, { ...wide, id: 'waits' }]);
    await turns();
    const drained = fanout.runs.drain([fanout.lease]);
    if (!isQuick) fanout.nowMs += 2_000;
    let isDrained = false;
    void drained.then(() => (isDrained = true));
    await fanout.acknowledgeUntil(() => isDrained);
    expect(fanout.completed).toEqual(isQuick ? [0] : []);
    expect(fanout.keptBytes).toBe(0);
  }
});
