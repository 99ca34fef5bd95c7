import { expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { Delivery } from '../../libs/domain/delivery.ts';
import { prepareSigningKey } from '../../libs/domain/signature.ts';
import type { WebhookDefinition } from '../../libs/domain/webhook.ts';
import type { AttemptRequest, HttpSender } from '../../libs/sender/http-attempt.ts';
import { Post } from './post.ts';
import type { ReadyWebhook } from './webhook-table.ts';

const now = 1_700_000_000_000;
const secrets = [1, 2, 3].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
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
  const definition = { url: 'https://example.com/', isActive: true, timeoutMs: 5_000, retryPolicy: policy, ...change };
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

function setup() {
  const sent: AttemptRequest[] = [];
  const send = (request: AttemptRequest) => {
    sent.push(request);
    const answer = { headers: {}, bodySample: Buffer.alloc(0), bodyTruncated: false, latencyMs: 1 };
    return Promise.resolve({ kind: 'answer' as const, code: 200, ...answer });
  };
  const post = new Post({
    sender: { send } as unknown as HttpSender,
    userAgent: 'Test/1',
    signatureHeader: 'x-second',
    deliveryAgeMsMax: 3_600_000,
    attemptStarted: () => undefined,
    attemptEnded: () => undefined,
    now: () => now,
    random: () => 0.5,
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

test('a ping goes to a disabled webhook too', async () => {
  const { post, sent } = setup();
  await post.run({ ...delivery, kind: 'ping' }, webhookWith({ isActive: false }));
  expect(sent).toHaveLength(1);
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
