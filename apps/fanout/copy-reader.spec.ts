import { afterEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { eventKeyOf } from '../../libs/domain/ids.ts';
import type { WebhookEvent } from '../../libs/domain/event/webhook-event.ts';
import { AvroCodec } from '../../libs/wire/avro-codec.ts';
import { schemaFile } from '../../libs/wire/schema-files.ts';
import { onePartitionCluster, onlyTopic, writtenAt } from '../../test/support/one-partition-cluster.ts';
import { CopyReader } from './copy-reader.ts';

const own = 1;
const earlier = 2;
const failures: number[] = [];
const source = {
  schemaById: (id: number) => {
    const at = failures.indexOf(id);
    if (at < 0) return Promise.resolve(schemaFile('webhook.events'));
    failures.splice(at, 1);
    return Promise.reject(new Error('the registry is away'));
  },
};

afterEach(() => {
  failures.length = 0;
});

/** As fan-out wrote it, by this schema. */
function written(eventId: string, schemaId = own, more: Partial<WebhookEvent> = {}): Buffer {
  return new AvroCodec<WebhookEvent>(schemaFile('webhook.events'), schemaId, source).encode({
    ...{ eventId, eventKey: eventKeyOf(writtenAt, 'acme', eventId, '/shop'), eventType: eventId, kind: 'event' },
    ...{ source: '/shop', subject: null, clientId: 'acme', time: writtenAt, receivedAt: writtenAt },
    ...{ data: Buffer.from('{}'), decisions: [], traceparent: null },
    ...{ sourceTopic: 'platform.events', sourcePartition: 0, sourceOffset: 7 },
    ...more,
  });
}

function readerOf(values: Buffer[]) {
  const cluster = onePartitionCluster({ id: 'one', start: 0, values });
  const remembered: string[] = [];
  const reader = new CopyReader({
    client: cluster.client,
    topic: onlyTopic,
    schemas: source,
    schemaId: own,
    memory: {
      remember: ({ eventType }, seenAt) => {
        expect(seenAt).toBe(writtenAt);
        remembered.push(eventType);
      },
    },
    windowMs: 60_000,
    eventsMax: 1_000,
    logger: pino({ enabled: false }),
    now: () => writtenAt,
  });
  const timesRead = () => cluster.asked.filter((offset) => offset === 0).length;
  return { reader, remembered, values, timesRead };
}

test('what this version wrote is remembered, and read once', async () => {
  const { reader, remembered, timesRead } = readerOf([written('a'), written('b')]);
  await reader.catchUp();
  expect(remembered).toEqual(['a', 'b']);
  expect(timesRead()).toBe(1);
});

test('what is of another schema is remembered too, once that is known', async () => {
  const { reader, remembered } = readerOf([written('a', earlier), written('b')]);
  await reader.catchUp();
  expect(new Set(remembered)).toEqual(new Set(['a', 'b']));
});

test.each([
  ['its own', own],
  ['another', earlier],
])('while the registry does not tell %s schema, no position moves on', async (_which, schemaId) => {
  failures.push(schemaId);
  const { reader, remembered } = readerOf([written('a', schemaId), written('b', schemaId)]);
  await reader.catchUp();
  expect(remembered).toEqual(['a', 'b']);
});

test('the next time it reads what came since', async () => {
  const { reader, remembered, values } = readerOf([written('a', earlier), written('b', earlier)]);
  await reader.catchUp();
  values.push(written('c'), written('d', earlier));
  await reader.catchUp();
  expect(remembered).toEqual(['a', 'b', 'c', 'd']);
});

test('tests, and what was a copy for everybody, say nothing of when an event came', async () => {
  const decision = { webhookId: 'w', clientId: 'acme', deliveryId: 'd', format: null };
  const copy = { ...decision, decision: 'copy' as const };
  const { reader, remembered } = readerOf([
    written('test', own, { kind: 'test' }),
    written('copy', own, { decisions: [copy, copy] }),
    written('some', own, { decisions: [copy, { ...decision, decision: 'matched' }] }),
  ]);
  await reader.catchUp();
  expect(remembered).toEqual(['some']);
});
