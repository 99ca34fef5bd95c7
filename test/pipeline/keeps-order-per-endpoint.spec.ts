import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const webhookCount = 50;
const eventsPerWebhook = 200;

let system: System;
let receiver: RecordingReceiver;
let client: TestClient;

beforeAll(async () => {
  system = await startSystem({});
  receiver = await startReceiver({});
  client = await createClient(system);
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

/** What is not a first attempt says so: one that failed and one that was made twice look alike else. */
function numbersAt(path: string): (number | string)[] {
  return receiver.requests
    .filter((request) => request.path === path)
    .map(({ body, headers }) => {
      const { n } = (JSON.parse(body.toString('utf8')) as { data: { n: number } }).data;
      const attempt = headers['x-deeperhub-attempt'];
      return attempt === '1' ? n : `${n}, attempt ${attempt}`;
    });
}

test('10,000 events over 50 webhooks arrive, each webhook in topic order, nothing twice', async () => {
  for (let index = 0; index < webhookCount; index += 1) {
    await createWebhook(system, client, { url: `${receiver.url}/w${index}`, eventTypes: [`type.w${index}`] });
  }
  const events = [];
  for (let n = 0; n < eventsPerWebhook; n += 1) {
    for (let index = 0; index < webhookCount; index += 1)
      events.push(cloudEvent(client, { n }, { type: `type.w${index}` }));
  }
  // One key, so that the platform topic itself has an order to keep.
  await system.publish(events, { key: 'platform-service' });
  const expected = webhookCount * eventsPerWebhook;
  await until(() => receiver.requests.length >= expected, { timeoutMs: 120_000 });
  const inOrder = Array.from({ length: eventsPerWebhook }, (_, n) => n);
  for (let index = 0; index < webhookCount; index += 1) expect(numbersAt(`/w${index}`)).toEqual(inOrder);
  expect(receiver.requests).toHaveLength(expected);

  // The history has them too, each once and delivered.
  const isAllDelivered = async () =>
    (await listDeliveries(system, client, { status: 'delivered' })).length === expected;
  await until(isAllDelivered, { timeoutMs: 60_000, everyMs: 1_000 });
  expect(await listDeliveries(system, client, { status: 'pending' })).toEqual([]);
}, 240_000);

/** Every number once, in the order of the first time it came. */
const firstOf = (path: string) => [...new Set(numbersAt(path))];
const api = async (path: string, body?: object) =>
  (await system.api(body === undefined ? 'GET' : 'POST', path, body)).body as Record<string, string | null>;

/** Events that count, in one partition. */
function numbered(of: TestClient, type: string, isBroadcast: (n: number) => boolean = () => false) {
  let count = 0;
  return {
    all: () => Array.from({ length: count }, (_, n) => n),
    publish: async (events: number) => {
      const numbers = Array.from({ length: events }, (_, index) => count + index);
      count += events;
      const made = numbers.map((n) =>
        cloudEvent(of, { n }, { type, ...(isBroadcast(n) ? { clientid: undefined } : {}) }),
      );
      await system.publish(made, { key: 'platform-service' });
    },
  };
}

test('a webhook that starts in the past gets history first and then what comes, over a kill of the API; rewound, it gets all again', async () => {
  const other = await createClient(system);
  const type = 'kept.order';
  const { publish, all } = numbered(other, type);
  const replayOf = (id: string) => api(`/v1/replays/${id}`);
  await publish(90);
  const url = `${receiver.url}/past`;
  const { id, rewind } = (await createWebhook(system, other, {
    url,
    eventTypes: [type],
    ordering: 'strict',
    startFrom: new Date(Date.now() - 3_600_000).toISOString(),
  })) as { id: string; rewind?: { replayId: string } };
  const replayId = rewind?.replayId ?? '';
  expect(await api(`/v1/webhooks/${id}/rewind`, { to: new Date(0).toISOString() })).toMatchObject({
    code: 'webhook_rewinding',
  });
  await until(() => firstOf('/past').length >= 20, { timeoutMs: 30_000 });
  await system.kill('management-api', 'SIGKILL');
  await publish(30);
  await system.start('management-api');
  // What comes while it catches up, and while it is handed over, has its place too.
  await until(
    async () => {
      await publish(3);
      return (await replayOf(replayId))['status'] === 'finished';
    },
    { timeoutMs: 90_000, everyMs: 20 },
  );
  await publish(20);
  await until(() => firstOf('/past').length === all().length, { timeoutMs: 30_000 });
  expect(firstOf('/past')).toEqual(all());

  const before = numbersAt('/past').length;
  const again = await api(`/v1/webhooks/${id}/rewind`, { to: new Date(0).toISOString(), pacePerSecond: 1_000 });
  expect(again).toMatchObject({ kind: 'rewind', status: 'pending', phase: 'begin' });
  await until(
    async () => {
      await publish(3);
      return (await replayOf(again['id'] ?? ''))['status'] === 'finished';
    },
    { timeoutMs: 60_000, everyMs: 20 },
  );
  await until(() => numbersAt('/past').length >= before + all().length, { timeoutMs: 30_000 });
  expect(numbersAt('/past').slice(before)).toEqual(all());
  expect((await api(`/v1/webhooks/${id}`))['rewind']).toBeNull();
}, 240_000);

test('inOrder, a webhook gets broadcasts and events of its own as they came, from the past into the present', async () => {
  const other = await createClient(system);
  const type = 'kept.news';
  await system.api('PUT', `/v1/event-types/${type}`, { audience: 'broadcast' });
  const { publish, all } = numbered(other, type, (n) => n % 3 === 0);
  await publish(40);
  const url = `${receiver.url}/news`;
  const startFrom = new Date(Date.now() - 3_600_000).toISOString();
  const { id } = await createWebhook(system, other, { url, eventTypes: [type], ordering: 'inOrder', startFrom });
  const isOver = async () => {
    await publish(2);
    return (await api(`/v1/webhooks/${id}`))['rewind'] === null;
  };
  await until(isOver, { timeoutMs: 60_000, everyMs: 20 });
  await publish(20);
  await until(() => firstOf('/news').length === all().length, { timeoutMs: 30_000 });
  expect(numbersAt('/news')).toEqual(all());
}, 120_000);
