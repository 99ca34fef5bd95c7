/** What docs/specification.md says of limits, secrets, answers, metrics and lines of the log, on a running system. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { maskedId } from '../../libs/runtime/metrics.ts';
import { scrapeAll } from '../../stack/scrape.ts';
import { startSystem, type AppName, type System } from '../support/app-harness.ts';
import {
  cloudEvent,
  createClient,
  createWebhook,
  getDelivery,
  listDeliveries,
  type TestClient,
} from '../support/clients.ts';
import { startReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

const originMax = 4;
/** One client has three quarters of them at most. */
const ofClientMax = 3;
let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await startSystem({
    apps: ['fanout', 'dispatcher', 'management-api', 'projector', 'monitor'],
    env: {
      ORIGIN_MAX_IN_FLIGHT: String(originMax),
      AUTO_DEACTIVATION_MIN_MINUTES: '0',
      AUTO_DEACTIVATION_FAILURE_THRESHOLD: '5',
    },
    // The API lets a host pass that the dispatcher is not to dial.
    envOf: (app): Record<string, string> =>
      app === 'dispatcher'
        ? { DENIED_HOSTS: '127.0.0.7' }
        : { ALLOWED_HOSTS: '127.0.0.1,127.0.0.7', DENIED_HOSTS: '127.0.0.9' },
  });
  client = await createClient(system);
}, 120_000);

afterAll(() => system.stop(), 60_000);

type Line = Readonly<Record<string, unknown>>;
const linesOf = (app: AppName) => system.logs(app).map((line) => JSON.parse(line) as Line);

async function labelsOf(app: AppName, metric: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const samples = (await scrapeAll(system.url(app))).get(metric)?.samples ?? [];
  return samples.filter(({ value }) => value > 0).map(({ labels }) => labels);
}

test('an origin has no more attempts at once than the operator allows, whoever’s webhooks they are of', async () => {
  let now = 0;
  let most = 0;
  const ofOne = new Map<string, number>();
  const mostOfOne = new Map<string, number>();
  const receiver = await startReceiver({
    respond: async ({ path }) => {
      const owner = path.slice(1, 2);
      most = Math.max(most, (now += 1));
      ofOne.set(owner, (ofOne.get(owner) ?? 0) + 1);
      mostOfOne.set(owner, Math.max(mostOfOne.get(owner) ?? 0, ofOne.get(owner) ?? 0));
      await new Promise((resolve) => setTimeout(resolve, 100));
      now -= 1;
      ofOne.set(owner, (ofOne.get(owner) ?? 0) - 1);
      return {};
    },
  });
  try {
    const others = [await createClient(system, 'A'), await createClient(system, 'B')];
    await registered(system, 6, async () => {
      for (const [owner, of] of others.entries()) {
        for (let index = 0; index < 3; index += 1) {
          const url = `${receiver.url}/${owner}/${index}`;
          await createWebhook(system, of, { url, eventTypes: ['busy.*'], ordering: 'parallel', maxInFlight: 10 });
        }
      }
    });
    await system.publish(
      Array.from({ length: 8 }, (_, n) => others.map((of) => cloudEvent(of, { n }, { type: 'busy.now' }))).flat(),
    );
    await until(() => receiver.requests.length === 48, { timeoutMs: 60_000, what: 'all arrive' });
    expect(most).toBeLessThanOrEqual(originMax);
    expect(Math.max(...mostOfOne.values())).toBeLessThanOrEqual(ofClientMax);
    // Both at once were there: the limit is of all clients together.
    expect(most).toBeGreaterThan(ofClientMax);
  } finally {
    await receiver.close();
  }
}, 120_000);

test('hosts that are denied, or not among those that are allowed, are refused at registration and at the dial', async () => {
  const create = (url: string) => system.api('POST', '/v1/webhooks', { url, eventTypes: ['*'] }, client.key);
  for (const host of ['example.com', '127.0.0.9', '[::ffff:127.0.0.9]']) {
    expect(await create(`http://${host}/hook`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/url', rule: 'host' }] },
    });
  }
  const receiver = await startReceiver({});
  try {
    await registered(system, 1, async () => {
      const url = `http://127.0.0.7:${receiver.port}/hook`;
      await createWebhook(system, client, { url, eventTypes: ['denied.*'], retryPolicy: { maxAttempts: 1 } });
    });
    await system.publish([cloudEvent(client, {}, { type: 'denied.host' })]);
    const ended = async () =>
      (await listDeliveries(system, client, { eventType: 'denied.host', status: 'failed_permanent' }))[0];
    await until(async () => (await ended()) !== undefined, { timeoutMs: 30_000, what: 'it is given up' });
    const { attempts } = await getDelivery(system, client, (await ended())?.id ?? '');
    expect(attempts).toMatchObject([
      { responseCode: null, error: { kind: 'refused-address', message: expect.stringContaining('denied host') } },
    ]);
    expect(receiver.requests).toEqual([]);
  } finally {
    await receiver.close();
  }
}, 60_000);

test('any printable text is a secret, which signs with its bytes; answers are shown with sensitive fields masked', async () => {
  const secret = 'correct horse battery staple';
  const answers = [
    ['application/json; charset=utf-8', '{"ok":true,"password":"hush-1","deep":[{"token":"hush-2"}]}'],
    ['application/x-www-form-urlencoded', 'ok=1&password=hush-3'],
  ] as const;
  const receiver = await startReceiver({
    respond: (_request, index) => {
      const [type, body] = answers[index % 2] ?? answers[0];
      return { headers: { 'content-type': type }, body };
    },
  });
  try {
    await registered(system, 1, async () => {
      await createWebhook(system, client, { url: receiver.url, eventTypes: ['plain.*'], secret });
    });
    system.secrets.plant('a secret of plain text', secret);
    await system.publish([1, 2].map((n) => cloudEvent(client, { n }, { type: 'plain.secret' })));
    await receiver.waitFor(2, 30_000);
    for (const { body, headers } of receiver.requests) {
      const verifier = new Webhook(Buffer.from(secret), { format: 'raw' });
      expect(verifier.verify(body.toString('utf8'), { ...headers })).toMatchObject({ type: 'plain.secret' });
    }
    const delivered = () => listDeliveries(system, client, { eventType: 'plain.secret', status: 'delivered' });
    await until(async () => (await delivered()).length === 2, { timeoutMs: 30_000, what: 'both are in the history' });
    const shown = await Promise.all((await delivered()).map(({ id }) => getDelivery(system, client, id)));
    const samples = shown.flatMap(({ attempts }) => attempts.map(({ responseBodySample }) => responseBodySample));
    expect(samples.toSorted()).toEqual([
      'ok=1&password=********',
      '{"ok":true,"password":"********","deep":[{"token":"********"}]}',
    ]);
  } finally {
    await receiver.close();
  }
}, 60_000);

test('metrics and the log say of a webhook what the specification names, and no URL', async () => {
  const receiver = await startReceiver({ respond: () => ({ status: 500 }) });
  const type = 'told.about';
  let id = '';
  try {
    await registered(system, 1, async () => {
      ({ id } = await createWebhook(system, client, {
        url: `${receiver.url}/told`,
        eventTypes: [type],
        retryPolicy: { maxAttempts: 1 },
      }));
    });
    await system.api('PATCH', `/v1/webhooks/${id}`, { description: 'changed' }, client.key);
    const isDisabled = async () => {
      await system.publish([cloudEvent(client, {}, { type })]);
      return (
        ((await system.api('GET', `/v1/webhooks/${id}`)).body as { disabledBy: string | null }).disabledBy ===
        'failures'
      );
    };
    await until(isDisabled, { timeoutMs: 60_000, everyMs: 200, what: 'failures disable it' });
    const masked = { webhook_id_masked: maskedId(id) };
    const counted: readonly [AppName, string, object][] = [
      [
        'dispatcher',
        'webhooks_delivery_attempts_total',
        { ...masked, event_type: type, http_status_code_group: '5xx' },
      ],
      ['dispatcher', 'webhooks_delivery_latency_ms', { ...masked, event_type: type }],
      [
        'dispatcher',
        'webhooks_circuit_breaker_state_changed_total',
        { webhook_url_host: '127.0.0.1', new_state: 'open' },
      ],
      ['monitor', 'webhooks_deactivated_due_to_failure_total', { ...masked, disabled_by: 'failures' }],
      ['projector', 'webhooks_delivery_time_ms_total', { whose: 'ours' }],
      ['projector', 'webhooks_delivery_time_ms_total', { whose: 'theirs' }],
    ];
    for (const [app, metric, labels] of counted) {
      const isThere = async () => {
        const all = await labelsOf(app, metric);
        return all.some((one) => Object.entries(labels).every(([name, value]) => one[name]?.startsWith(String(value))));
      };
      await until(isThere, { timeoutMs: 20_000, what: `${metric} of ${app} with ${JSON.stringify(labels)}` });
    }

    const ofWebhook = (app: AppName) => linesOf(app).filter(({ webhookId }) => webhookId === id);
    const changes = () => ofWebhook('management-api').filter(({ msg }) => /^webhook /.test(String(msg)));
    await until(() => changes().length >= 3, { timeoutMs: 20_000, what: 'a line for each change of the definition' });
    expect(changes()).toMatchObject([
      { level: 'info', msg: 'webhook registered', clientId: client.id, version: 1, isActive: true },
      { level: 'info', msg: 'webhook updated', version: 2, isActive: true },
      { level: 'info', msg: 'webhook updated', version: 3, isActive: false, disabledBy: 'failures' },
    ]);
    const exhausted = ofWebhook('dispatcher').filter(({ level }) => level === 'error');
    expect(exhausted[0]).toMatchObject({
      msg: 'attempt failed_permanent',
      reason: 'exhausted',
      responseCode: 500,
      eventType: type,
    });
    for (const app of ['dispatcher', 'management-api', 'monitor'] as const) {
      expect(system.logs(app).filter((line) => line.includes('/told'))).toEqual([]);
    }
  } finally {
    await receiver.close();
  }
}, 120_000);
