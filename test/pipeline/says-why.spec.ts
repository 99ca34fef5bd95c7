/**
 * says-why: "why did my event not arrive?" has its answer for each way in which it may not, by one command over the running system: what
 * it says, and what it says to do.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dataOf } from '../../libs/api-client/api-client.ts';
import { appNames } from '../../stack/apps.ts';
import { examine, type AppUrls } from '../../stack/doctor/examination.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { runCli, type CliResult } from '../support/cli-process.ts';
import { cloudEvent, createClient, createWebhook, type TestClient, type TestWebhook } from '../support/clients.ts';
import { startReceiver, type Answer, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const hour = { maxAttempts: 5, baseDelayMs: 3_600_000, maxDelayMs: 3_600_000, backoffFactor: 1, jitter: 0 };
let system: System;
let client: TestClient;
const receivers: RecordingReceiver[] = [];

beforeAll(async () => {
  system = await startSystem({ env: { ORIGIN_MAX_IN_FLIGHT: '1' } });
  client = await createClient(system, 'Acme');
}, 120_000);

afterAll(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()));
  await system.stop();
}, 60_000);

function why(id: string, more: Readonly<Record<string, string>> = system.env): Promise<CliResult> {
  const api = { DEEPERHUB_API_URL: system.url('management-api'), DEEPERHUB_API_KEY: system.adminKey };
  return runCli(['why', id], { ...more, ...api });
}

/** What it says, once it has all of this. */
async function told(id: string, ...words: readonly (string | RegExp)[]): Promise<string> {
  let last = '';
  await until(
    async () => {
      const { stdout, stderr } = await why(id);
      last = stdout + stderr;
      return words.every((word) => (typeof word === 'string' ? last.includes(word) : word.test(last)));
    },
    { timeoutMs: 30_000, everyMs: 500, what: `why ${id} says ${words.join(', ')}` },
  ).catch((cause: unknown) => {
    throw new Error(`it says: ${last}`, { cause });
  });
  return last;
}

type Settings = Partial<Parameters<typeof createWebhook>[2]>;

/** A webhook of its own at an origin of its own, which takes one attempt at a time. */
async function webhookWith(type: string, settings: Settings, answer: () => Answer = () => ({})): Promise<TestWebhook> {
  const receiver = await startReceiver({ respond: answer });
  receivers.push(receiver);
  return createWebhook(system, client, { url: receiver.url, eventTypes: [type], ...settings });
}

/** @returns their ids */
async function published(type: string, count = 1, data: object = {}): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await system.publish(
    ids.map((id) => cloudEvent(client, data, { id, type })),
    { key: type },
  );
  return ids;
}

describe('an event that was rejected', () => {
  const near = {
    specversion: '1.0',
    id: 'evt-near',
    source: '/test',
    typ: 'order.created',
    clientId: 'acme',
    data: {},
  };
  const foreign = { id: 'evt-foreign', source: '/test', type: 'order.created', client_id: 'acme', data: {} };

  beforeAll(async () => {
    const text = (value: object) => ({ value: Buffer.from(JSON.stringify(value)) });
    const inHeaders = { ce_specversion: '1.0', ce_id: 'evt-header', ce_source: '/test' };
    await system.publishRaw([
      text(near),
      text(foreign),
      { value: Buffer.from('{"id":"evt-torn", '), headers: {} },
      { value: Buffer.from('{}'), headers: inHeaders },
    ]);
  });

  test('is found by its id, with its place and what was meant', async () => {
    const says = await told('evt-near', 'rejected: It was rejected as missing_type');
    expect(says).toContain('`typ`: did you mean `type`?');
    expect(says).toMatch(
      /came from \S*platform\.events-\d+@\d+ at \d{4}-.* lies at \d+@\d+ of platform\.events\.rejected/,
    );
    expect(says).toMatch(/rejected list --at \d+@\d+ --json/);
    expect(await told('evt-foreign', 'rejected: ')).toMatch(
      /no CloudEvent: no `specversion`|did you mean `clientid`\?/,
    );
    await told('evt-header', 'rejected: It was rejected as missing_type');
    await told('evt-torn', 'rejected: It was rejected as unparsable');
  }, 120_000);

  test('is found by an operator who has a key of the API and no way to Kafka', async () => {
    const away = { KAFKA_BROKERS: '127.0.0.1:1' };
    let said = '';
    await until(
      async () => {
        const { code, stdout } = await why('evt-near', away);
        said = stdout;
        return code === 0;
      },
      { timeoutMs: 30_000, everyMs: 500, what: 'the API has it' },
    );
    expect(said).toContain('rejected: It was rejected as missing_type');
    expect(said).toContain('`typ`: did you mean `type`?');
    expect(said).toMatch(/once mended: deeperhub-webhooks rejected redrive --api --id re_/);
  }, 60_000);

  test('is counted by the doctor, which says how to see it', async () => {
    const urls = Object.fromEntries(appNames.map((app) => [app, system.url(app)])) as AppUrls;
    const findings = (await examine(system.env, urls)).filter(({ area }) => area === 'rejected');
    expect(findings).toMatchObject([
      {
        says: expect.stringMatching(/^4 events were rejected within a day: .*missing_type 2/),
        remedy: expect.stringContaining('rejected list'),
      },
    ]);
  }, 60_000);
});

test('an event that nobody has seen ends it with 1', async () => {
  const { code, stderr } = await why('evt-never');
  expect([code, stderr]).toEqual([1, expect.stringContaining("'evt-never' was never seen")]);
}, 60_000);

test('an event for nobody: by its type, by its client', async () => {
  await webhookWith('parcel.*', {});
  const [misspelt = ''] = await published('parcl.sent');
  await told(misspelt, 'nobody: No webhook of client', 'takes parcl.sent; did you mean parcel.sent?');
  const id = randomUUID();
  const other = `${client.id}x`;
  await system.publish([cloudEvent({ id: other, key: '' }, {}, { id, type: 'parcel.sent' })]);
  await told(id, `for client ${other}, and there is no such client; did you mean ${client.id}?`);
}, 60_000);

test('an event that is filtered: which condition, and what was found', async () => {
  await webhookWith('amount.told', { filter: { 'data.amount': { $gte: 100 } } });
  const [id = ''] = await published('amount.told', 1, { amount: 20 });
  await told(id, 'filtered: ', 'data.amount $gte 100: found 20');
}, 60_000);

test('an event of a disabled webhook, and how to get it', async () => {
  const { id: webhook } = await webhookWith('off.told', {});
  await dataOf(system.client().POST('/v1/webhooks/{id}/disable', { params: { path: { id: webhook } } }));
  const [id = ''] = await published('off.told');
  await told(id, `disabled: ${webhook} is disabled, by`, `webhooks enable ${webhook}`, 'replays create --missed');
}, 60_000);

test('an event that is delivered, and one that failed for good', async () => {
  await webhookWith('well.told', {});
  const [delivered = ''] = await published('well.told');
  await told(delivered, 'delivered: ', 'HTTP 200');
  await webhookWith('bad.told', {}, () => ({ status: 400 }));
  const [failed = ''] = await published('bad.told');
  await told(failed, 'failed: ', 'the endpoint refused it', 'HTTP 400', 'deliveries resend');
}, 60_000);

describe('an event that is held', () => {
  const failing = () => ({ status: 503 });
  const hanging = () => ({ delayMs: 20_000 });

  test('by its retry, until then', async () => {
    await webhookWith('retry.told', { retryPolicy: hour }, failing);
    const [id = ''] = await published('retry.told');
    await told(id, 'held: ', /the next one follows at \d{4}-/, 'HTTP 503');
  }, 60_000);

  test('by order: behind the delivery that has to be settled first', async () => {
    await webhookWith('order.told', { ordering: 'strict', retryPolicy: hour }, failing);
    const [head = '', next = ''] = await published('order.told', 2);
    const says = await told(next, /delivery \S+ has to be settled first/);
    const [, blocking = ''] = /deeperhub-webhooks why (\S+)/.exec(says) ?? [];
    expect(await told(blocking, 'held: ')).toContain(head);
  }, 60_000);

  test('by an open breaker, until when it tries again', async () => {
    await webhookWith('breaker.told', { retryPolicy: hour }, failing);
    const ids = await published('breaker.told', 8);
    await told(ids.at(-1) ?? '', /held: .* the circuit breaker is open until \d{4}-/);
  }, 90_000);

  test('by a pause, until it ends', async () => {
    const { id: webhook } = await webhookWith('pause.told', {});
    const pausedUntil = new Date(Date.now() + 3_600_000).toISOString();
    const params = { path: { id: webhook } };
    await dataOf(system.client().POST('/v1/webhooks/{id}/pause', { params, body: { until: pausedUntil } }));
    const [id = ''] = await published('pause.told');
    await told(id, `its webhook is paused until ${pausedUntil}`, `webhooks resume ${webhook}`);
  }, 60_000);

  test('by its rate', async () => {
    await webhookWith('rate.told', { rateLimitPerSecond: 1 });
    const ids = await published('rate.told', 60);
    await told(ids.at(-1) ?? '', 'more waits than its rate limit lets through', 'rateLimitPerSecond');
  }, 60_000);

  test('by another delivery at the same origin', async () => {
    const receiver = await startReceiver({ respond: hanging });
    receivers.push(receiver);
    for (const path of ['one', 'two']) {
      await createWebhook(system, client, {
        url: `${receiver.url}/${path}`,
        eventTypes: [`origin.${path}`],
        timeoutMs: 25_000,
      });
    }
    await published('origin.one');
    await until(() => receiver.requests.length === 1, { timeoutMs: 30_000 });
    const [id = ''] = await published('origin.two');
    await told(id, 'held: ', 'a place at the origin of its endpoint');
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/one']);
  }, 60_000);
});
