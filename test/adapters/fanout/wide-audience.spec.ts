/** A broadcast to thousands of webhooks, on real Kafka: fan-out's memory and its event loop while it writes it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EventType } from '../../../libs/domain/event/event-type.ts';
import { Registry } from '../../../libs/wire/registry.ts';
import { topics } from '../../../libs/wire/topics.ts';
import { startSystem, type System } from '../../support/app-harness.ts';
import { residentMiB } from '../../support/resident-memory.ts';
import { scrape, scrapeAll } from '../../../stack/scrape.ts';
import { until } from '../../support/until.ts';
import { webhookDefinition } from '../../support/webhook-definition.ts';

const webhooks = 5_000;
const dataBytes = 32 * 1_024;
const residentMiBMax = 400;
/** What counts as a missed heartbeat's worth of delay, on a machine that does much else. */
const loopDelayMsMax = 1_000;
/** One slice of records, with the record that it ends with. */
const unacknowledgedBytesMax = 6 * 1_024 * 1_024;

const news: EventType = {
  type: 'news.published',
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
};

let system: System;

beforeAll(async () => {
  system = await startSystem({ apps: [] });
  const registry = new Registry({
    url: system.env['SCHEMA_REGISTRY_URL'] ?? '',
    username: null,
    password: null,
    topicPrefix: system.env['TOPIC_PREFIX'] ?? '',
  });
  const definitions = await registry.codec(topics.definitions);
  const eventTypes = await registry.codec(topics.eventTypes);
  const all = Array.from({ length: webhooks }, (_, index) =>
    webhookDefinition(`w-${index}`, { clientId: `c-${index % 100}`, format: index % 2 === 0 ? 'json' : 'xml' }),
  );
  await system.publishRaw(
    all.map((definition) => ({ key: definition.id, value: definitions.encode(definition) })),
    { topic: 'webhook.definitions' },
  );
  await system.publishRaw([{ key: news.type, value: eventTypes.encode(news) }], { topic: 'webhook.event-types' });
  await system.startAll(['fanout'], {});
}, 180_000);

afterAll(async () => {
  await system.stop();
}, 60_000);

test('is written within bounds of memory, and holds the event loop no longer than a heartbeat may wait', async () => {
  const url = system.url('fanout');
  const published = () => scrape(url, 'webhooks_events_published_to_dispatcher_total');
  await system.publish([{ id: 'all', type: news.type, data: { text: 'x'.repeat(dataBytes) } }]);
  let residentMost = 0;
  let unacknowledgedMost = 0;
  await until(
    async () => {
      residentMost = Math.max(residentMost, residentMiB(system.pid('fanout') ?? 0));
      unacknowledgedMost = Math.max(unacknowledgedMost, await scrape(url, 'webhooks_unacknowledged_bytes'));
      return (await published()) === webhooks;
    },
    { timeoutMs: 60_000, everyMs: 50, what: 'the broadcast is a delivery for each webhook' },
  );
  expect(await scrape(url, 'webhooks_events_accepted_total')).toBe(1);
  expect(residentMost).toBeLessThan(residentMiBMax);
  expect(unacknowledgedMost).toBeLessThan(unacknowledgedBytesMax);
  // The observation of the last second has to be there.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const samples = (await scrapeAll(url)).get('webhooks_event_loop_delay_seconds')?.samples ?? [];
  const seen = (bound: string) => samples.find(({ labels }) => labels['le'] === bound)?.value;
  expect(seen(String(loopDelayMsMax / 1_000))).toBe(seen('+Inf'));
}, 120_000);
