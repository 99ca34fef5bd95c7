import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { noAnswerCodes } from '../../libs/domain/delivery/answer-codes.ts';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import { prepareSigningKey } from '../../libs/domain/signature/signature.ts';
import type { WebhookDefinition } from '../../libs/domain/webhook/webhook.ts';
import type { NewSpan, Span, Tracer } from '../../libs/runtime/tracing.ts';
import type { AttemptRequest, HttpSender } from '../../libs/sender/http-attempt.ts';
import { Post, type PostOptions } from './post.ts';
import type { ReadyWebhook } from './webhook-table.ts';

const now = 1_700_000_000_000;
const secrets = [1, 2, 3].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7';
const ownTrace = '00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01';
const policy = { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 1_000, backoffFactor: 1, jitter: 0 };

const delivery: Delivery = {
  deliveryId: 'd',
  webhookId: 'w',
  clientId: 'c',
  eventId: 'e',
  eventType: 'order.created',
  kind: 'event',
  trigger: 'first',
  round: '',
  attempt: 1,
  contentType: 'application/json',
  body: Buffer.from('{"a":1}'),
  createdAt: now,
  traceparent: null,
};

function webhookWith(change: Partial<WebhookDefinition> = {}, ready: Partial<ReadyWebhook> = {}): ReadyWebhook {
  const paused = { pausedSince: null, pausedUntil: null };
  const fields = { url: 'https://example.com/', isActive: true, timeoutMs: 5_000, retryPolicy: policy, ...paused };
  const definition = { ...fields, ...noAnswerCodes, ...change };
  return {
    definition: definition as WebhookDefinition,
    origin: 'https://example.com',
    host: 'example.com',
    keys: secrets.map((secret, index) => ({
      key: prepareSigningKey(secret),
      expiresAt: [null, now + 1_000, now - 1_000][index] ?? null,
    })),
    headers: { 'x-own': 'kept', 'webhook-id': 'forged' },
    tls: null,
    problem: null,
    ...ready,
  };
}

/** A tracer that keeps what it is told; its spans are of one id. */
class FakeTracer implements Tracer {
  readonly started: NewSpan[] = [];
  readonly ended: unknown[] = [];
  isSampling = true;

  start(span: NewSpan): Span {
    this.started.push(span);
    const end = (...args: unknown[]) => this.ended.push(args);
    return { traceparent: ownTrace, isSampled: this.isSampling, end };
  }
}

interface Setup {
  readonly tracer?: Tracer;
  readonly code?: number;
  readonly body?: string;
  readonly answered?: Readonly<Record<string, string>>;
  readonly refusesForMs?: number | null;
  readonly confirmed?: PostOptions['confirmed'];
}

function setup({ tracer, code = 200, body = '', answered = {}, refusesForMs = null, confirmed }: Setup = {}) {
  const sent: AttemptRequest[] = [];
  const send = (request: AttemptRequest) => {
    sent.push(request);
    const answer = { headers: answered, bodySample: Buffer.from(body), bodyTruncated: false, latencyMs: 1 };
    return Promise.resolve({ kind: 'answer' as const, code, ...answer });
  };
  const post = new Post({
    sender: { send } as unknown as HttpSender,
    userAgent: 'Test/1',
    signatureHeader: 'x-second',
    deliveryAgeMsMax: 3_600_000,
    ...(confirmed === undefined ? {} : { confirmed }),
    graceOf: () => ({ graceMs: 900_000, refusesForMs }),
    retryAfterMsMax: { ordered: 3_600_000, parallel: 86_400_000 },
    attemptStarted: () => undefined,
    attemptEnded: () => undefined,
    now: () => now,
    random: () => 0.5,
    tracer,
  });
  return { post, sent };
}

test('every live secret signs, an expired one does not, and no own header stands in for ours', async () => {
  const { post, sent } = setup();
  await post.run(delivery, webhookWith());
  const headers = sent[0]?.headers ?? {};
  expect(headers).toMatchObject({ 'webhook-id': 'd', 'x-own': 'kept', 'x-deeperhub-event': 'order.created' });
  expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
  expect(headers['x-second']).toMatch(/^t=1700000000,v1=/);
  for (const [index, secret] of secrets.entries()) {
    const isLive = index < 2;
    const verify = () => new Webhook(secret).sign('d', new Date(now), delivery.body.toString());
    expect(headers['webhook-signature']?.includes(verify())).toBe(isLive);
  }
});

test('the id of the delivery goes out and is signed, and its outcome has the time that the history wants', async () => {
  const { post, sent } = setup();
  const { outcome } = await post.run({ ...delivery, eventTime: 7 }, webhookWith());
  expect(sent.map(({ headers }) => [headers['webhook-id'], headers['x-deeperhub-delivery']])).toEqual([['d', 'd']]);
  const signed = new Webhook(secrets[0] ?? '').sign('d', new Date(now), delivery.body.toString());
  expect(sent[0]?.headers['webhook-signature']).toContain(signed);
  expect(outcome).toMatchObject({ deliveryId: 'd', eventTime: 7 });
});

test('a delivery does not end for a webhook that was enabled before it was made', async () => {
  const disabled = webhookWith({ isActive: false });
  const enabled = setup({ confirmed: () => Promise.resolve(webhookWith()) });
  expect((await enabled.post.run(delivery, disabled)).outcome.status).toBe('delivered');
  const still = setup({ confirmed: (webhook) => Promise.resolve(webhook) });
  expect((await still.post.run(delivery, disabled)).outcome).toMatchObject({ reason: 'disabled' });
  const gone = setup({ confirmed: () => Promise.resolve(undefined) });
  expect((await gone.post.run(delivery, disabled)).outcome).toMatchObject({ reason: 'deleted' });
});

test('every value that the client added is masked in the outcome, and the values of ours are not', async () => {
  const { post, sent } = setup();
  const headers = { 'x-pass': 'hunter2', 'x-tenant': 'acme', accept: 'text/plain', 'webhook-id': 'forged' };
  const { outcome } = await post.run(delivery, webhookWith({}, { headers }));
  expect(sent[0]?.headers).toMatchObject({ ...headers, 'webhook-id': 'd' });
  expect(outcome.requestHeaders).toEqual({
    ...sent[0]?.headers,
    'x-pass': '********',
    'x-tenant': '********',
    accept: '********',
  });
});

test('#16 everything is accepted as an answer, unless the client says otherwise', async () => {
  const { post, sent } = setup();
  await post.run(delivery, webhookWith({}, { headers: null }));
  await post.run(delivery, webhookWith());
  const { outcome } = await post.run(delivery, webhookWith({}, { headers: { accept: 'application/json' } }));
  expect(sent.map(({ headers }) => headers['accept'])).toEqual(['*/*', '*/*', 'application/json']);
  expect(outcome.requestHeaders['accept']).toBe('********');
});

test('nor do they come back through what the endpoint answers', async () => {
  const { post } = setup({ code: 500, body: 'cannot serve X-Pass: hunter2' });
  const { outcome } = await post.run(delivery, webhookWith({}, { headers: { 'x-pass': 'hunter2' } }));
  expect(outcome.responseBodySample?.toString()).toBe('cannot serve X-Pass: *******');
});

describe('a traceparent that the client added', () => {
  const headers = { traceparent: 'own', tracestate: 'own=1', 'x-own': 'kept' };

  test('makes room, with its state, for that of the delivery', async () => {
    const { post, sent } = setup();
    const { outcome } = await post.run({ ...delivery, traceparent: `${trace}-00` }, webhookWith({}, { headers }));
    expect(sent[0]?.headers).toMatchObject({ traceparent: `${trace}-00`, 'x-own': 'kept' });
    expect(sent[0]?.headers).not.toHaveProperty('tracestate');
    expect(outcome.requestHeaders).toMatchObject({ traceparent: `${trace}-00` });
  });

  test('is sent where the delivery has none', async () => {
    const { post, sent } = setup();
    const { outcome } = await post.run(delivery, webhookWith({}, { headers }));
    expect(sent[0]?.headers).toMatchObject(headers);
    expect(outcome.requestHeaders).toMatchObject({ traceparent: '********', tracestate: '********' });
  });
});

test.each([
  ['a webhook that was deleted', undefined, {}, 'deleted'],
  ['a disabled webhook', webhookWith({ isActive: false }), {}, 'disabled'],
  ['a delivery that waited too long', webhookWith(), { createdAt: now - 3_600_001 }, 'expired'],
  ['secrets that do not open', webhookWith({}, { problem: 'no key', keys: [] }), {}, 'signing_failed'],
])('%s: no POST', async (_, webhook, change, reason) => {
  const { post, sent } = setup();
  const { outcome } = await post.run({ ...delivery, ...change }, webhook);
  expect(outcome).toMatchObject({ status: 'failed_permanent', reason });
  expect(sent).toEqual([]);
});

test.each(['ping', 'test'] as const)('a %s goes to a disabled webhook too', async (kind) => {
  const { post, sent } = setup();
  await post.run({ ...delivery, kind }, webhookWith({ isActive: false }));
  expect(sent).toHaveLength(1);
});

test('a pause is no part of the time that a delivery has waited', async () => {
  const { post } = setup();
  const old = { ...delivery, createdAt: now - 3_600_001 };
  const webhook = webhookWith({ pausedSince: now - 2_000, pausedUntil: now - 1_000 });
  expect((await post.run(old, webhook)).outcome.status).toBe('delivered');
  expect((await post.run({ ...old, createdAt: now - 3_601_001 }, webhook)).outcome.reason).toBe('expired');
});

test.each([
  ['заказ.создан', '%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7.%D1%81%D0%BE%D0%B7%D0%B4%D0%B0%D0%BD'],
  ['über', '%C3%BCber'],
  ['a\ud800b', 'a%EF%BF%BDb'],
])('an event type that no header may hold is percent-encoded in it: %s', async (eventType, text) => {
  const { post, sent } = setup();
  await post.run({ ...delivery, eventType }, webhookWith());
  expect(sent[0]?.headers['x-deeperhub-event']).toBe(text);
});

describe('a delivery of a trace that is kept', () => {
  const traced = { ...delivery, traceparent: `${trace}-01`, attempt: 2 };
  const secretUrl = 'https://example.com:8443/hooks/path-secret?token=query-secret';

  test('has a span an attempt, which says where it went and nothing that is secret there', async () => {
    const tracer = new FakeTracer();
    const { post, sent } = setup({ tracer, code: 503 });
    const webhook = webhookWith({ url: secretUrl }, { origin: 'https://example.com:8443' });
    const { outcome, followUp } = await post.run(traced, webhook);
    expect(tracer.started).toMatchObject([
      {
        name: 'POST',
        kind: 'client',
        parent: `${trace}-01`,
        attributes: {
          'http.request.method': 'POST',
          'http.request.resend_count': 1,
          'url.full': 'https://example.com:8443',
          'server.address': 'example.com',
          'server.port': 8443,
          'webhook.id': 'w',
          'webhook.delivery.id': 'd',
          'webhook.attempt': 2,
        },
      },
    ]);
    expect(tracer.ended).toMatchObject([
      [{ 'http.response.status_code': 503, 'webhook.outcome': 'failed_retryable', 'webhook.reason': 'http' }, '503'],
    ]);
    expect(JSON.stringify([tracer.started, tracer.ended])).not.toMatch(/secret|kept/);
    // What the attempt causes follows from it; the next attempt follows from what this one did.
    expect(outcome.traceparent).toBe(ownTrace);
    expect(sent[0]?.headers['traceparent']).toBe(ownTrace);
    expect(followUp).toMatchObject({ kind: 'retry', delivery: { traceparent: `${trace}-01` } });
  });

  test('says why when no attempt is made', async () => {
    const tracer = new FakeTracer();
    const { outcome } = await setup({ tracer }).post.run(traced, undefined);
    expect(tracer.started).toMatchObject([{ name: 'no attempt', kind: 'internal', parent: `${trace}-01` }]);
    expect(tracer.ended).toMatchObject([[{ 'webhook.outcome': 'failed_permanent' }, 'deleted']]);
    expect(outcome.traceparent).toBe(ownTrace);
  });

  test('goes on as it came where its trace is not kept here', async () => {
    const tracer = new FakeTracer();
    tracer.isSampling = false;
    const { post, sent } = setup({ tracer });
    const { outcome } = await post.run(traced, webhookWith());
    expect([outcome.traceparent, sent[0]?.headers['traceparent']]).toEqual([`${trace}-01`, `${trace}-01`]);
  });
});

test('a delivery of no trace begins one', async () => {
  const tracer = new FakeTracer();
  const { post, sent } = setup({ tracer });
  const { outcome } = await post.run({ ...delivery, traceparent: null }, webhookWith());
  expect(tracer.started).toMatchObject([{ parent: null }]);
  expect([outcome.traceparent, sent[0]?.headers['traceparent']]).toEqual([ownTrace, ownTrace]);
});

test('a delivery of a trace that is not kept asks no tracer', async () => {
  const traceparent = `${trace}-00`;
  const tracer = new FakeTracer();
  const { post, sent } = setup({ tracer });
  const { outcome } = await post.run({ ...delivery, traceparent }, webhookWith());
  expect(tracer.started).toEqual([]);
  expect(outcome.traceparent).toBe(traceparent);
  expect(sent[0]?.headers['traceparent']).toBe(traceparent);
});

test.each([
  ['inOrder', 3_600_000],
  ['strict', 3_600_000],
  ['parallel', 86_400_000],
] as const)('#14 Retry-After of %s is followed for so long at most: %i ms', async (ordering, delayMs) => {
  const { post } = setup({ code: 429, answered: { 'retry-after': '86400' } });
  const { outcome } = await post.run(delivery, webhookWith({ ordering }));
  expect((outcome.nextAttemptAt ?? 0) - now).toBe(delayMs);
});

test('#3 a 404 is tried again while the endpoint worked within a day, and final when it did not', async () => {
  const passing = setup({ code: 404, refusesForMs: 20_000 });
  expect((await passing.post.run(delivery, webhookWith())).outcome).toMatchObject({
    status: 'failed_retryable',
    reason: 'http',
  });
  const unknown = setup({ code: 404 });
  expect((await unknown.post.run(delivery, webhookWith())).outcome).toMatchObject({
    status: 'failed_permanent',
    reason: 'rejected',
  });
});

describe('an endpoint that has proven nothing', () => {
  const unverified = () =>
    webhookWith({ id: 'w', isActive: false, disabledBy: 'unverified', rateLimitPerSecond: null });
  const question = (wish: object): Delivery => ({
    ...delivery,
    kind: 'ping',
    eventType: 'webhook.verification',
    body: Buffer.from(JSON.stringify(wish)),
  });
  const byOptions = question({ method: 'cloudevents', origin: 'hooks.example.com' });

  test.each(['event', 'test', 'ping'] as const)('gets no delivery of kind %s', async (kind) => {
    const { post, sent } = setup();
    expect((await post.run({ ...delivery, kind }, unverified())).outcome).toMatchObject({ reason: 'disabled' });
    expect(sent).toEqual([]);
  });

  test('is asked by OPTIONS, with what its owner added and nothing of a delivery', async () => {
    const { post, sent } = setup({ answered: { 'webhook-allowed-origin': '*', 'webhook-delivery': 'disable' } });
    const { outcome, followUp } = await post.run(byOptions, unverified());
    expect(sent[0]).toMatchObject({ method: 'OPTIONS', body: Buffer.alloc(0) });
    expect(sent[0]?.headers).toEqual({
      accept: '*/*',
      'user-agent': 'Test/1',
      'webhook-id': 'forged',
      'webhook-request-origin': 'hooks.example.com',
      'x-own': 'kept',
    });
    expect(outcome).toMatchObject({ status: 'delivered', provedEndpoint: true, disableWebhook: null });
    expect(followUp).toEqual({ kind: 'none' });
  });

  test('is told what is missing, whatever its code says', async () => {
    const { post } = setup();
    expect(await post.run(byOptions, unverified())).toMatchObject({
      outcome: {
        status: 'failed_permanent',
        provedEndpoint: false,
        errorMessage: expect.stringContaining('no WebHook-Allowed-Origin'),
      },
      followUp: { kind: 'none' },
    });
  });

  test('gets a signed challenge of its own each time', async () => {
    const { post, sent } = setup({ body: 'ok' });
    const asked = question({ method: 'challenge', origin: null });
    for (let time = 0; time < 2; time += 1) {
      expect((await post.run(asked, unverified())).outcome).toMatchObject({ provedEndpoint: false });
    }
    const [first, second] = sent.map(({ body }) => (JSON.parse(body.toString()) as { challenge: string }).challenge);
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(second).not.toBe(first);
    const signed = new Webhook(secrets[0] ?? '').sign('d', new Date(now), String(sent[0]?.body));
    expect(sent[0]?.headers['webhook-signature']).toContain(signed);
  });

  test('is not asked in a way that this version does not know', async () => {
    const { post, sent } = setup();
    expect((await post.run(question({ method: 'telepathy' }), unverified())).outcome).toMatchObject({
      reason: 'disabled',
    });
    expect(sent).toEqual([]);
  });
});
