import { describe, expect, test } from '@jest/globals';
import { deliveryIdOf, eventKeyOf } from '../ids.ts';
import type { KeptOutcome } from '../delivery/outcome.ts';
import { isErased, withoutErasedAnswer, withoutErasedData } from './erased-event.ts';
import type { WebhookEvent } from './webhook-event.ts';

const erased = [{ eventId: 'evt-1', source: '/shop', clientId: 'acme' }];

const event: WebhookEvent = {
  eventId: 'evt-1',
  eventKey: eventKeyOf(1_000, 'acme', 'evt-1', '/shop'),
  eventType: 'order.created',
  source: '/shop',
  subject: 'ann@example.com',
  clientId: 'acme',
  kind: 'event',
  time: 1_000,
  receivedAt: 1_000,
  data: Buffer.from('{"mail":"ann@example.com"}'),
  decisions: [],
  sourceTopic: null,
  sourcePartition: null,
  sourceOffset: null,
  traceparent: null,
};

const outcome: KeptOutcome = {
  deliveryId: deliveryIdOf('evt-1', 'wh-1', '/shop'),
  eventTime: 1_000,
  webhookId: 'wh-1',
  clientId: 'acme',
  eventId: 'evt-1',
  eventType: 'order.created',
  kind: 'event',
  trigger: 'first',
  round: '',
  attempt: 1,
  status: 'failed_retryable',
  reason: 'http',
  startedAt: 1_000,
  latencyMs: 5,
  requestHeaders: { 'ce-subject': 'ann@example.com' },
  responseCode: 503,
  responseHeaders: { 'x-for': 'ann@example.com' },
  responseBodySample: Buffer.from('ann@example.com'),
  responseBodyTruncated: false,
  errorKind: null,
  errorMessage: 'ann@example.com',
  nextAttemptAt: null,
  deliveryCreatedAt: 1_000,
  disableWebhook: null,
  targetVersion: null,
  traceparent: null,
};

describe('an erased event', () => {
  test('keeps its ids, times and decisions, and nothing of its producer’s', () => {
    const left = withoutErasedData(event, erased);
    expect(isErased(left)).toBe(true);
    expect(JSON.stringify(left)).not.toContain('ann@');
    expect(left).toMatchObject({ eventId: 'evt-1', eventType: 'order.created', clientId: 'acme', time: 1_000 });
  });

  test.each<[string, Partial<WebhookEvent>]>([
    ['another source', { source: '/other' }],
    ['another client', { clientId: 'globex' }],
    ['another id', { eventId: 'evt-2' }],
    ['a broadcast', { clientId: null }],
  ])('is not one of %s', (_of, changes) => {
    const other = { ...event, ...changes };
    expect(withoutErasedData(other, erased)).toBe(other);
  });

  test('has attempts without what was sent and answered', () => {
    const left = withoutErasedAnswer(outcome, erased);
    expect(JSON.stringify(left)).not.toContain('ann@');
    expect(left).toMatchObject({ status: 'failed_retryable', responseCode: 503, latencyMs: 5 });
  });

  test('that was a broadcast has them at every client', () => {
    const broadcast = [{ eventId: 'evt-1', source: '/shop', clientId: null }];
    expect(withoutErasedAnswer({ ...outcome, clientId: 'globex' }, broadcast).responseBodySample).toBeNull();
  });

  test.each<[string, Partial<KeptOutcome>]>([
    ['of another client', { clientId: 'globex' }],
    ['of another event', { eventId: 'evt-2' }],
    ['of another source with the same id', { deliveryId: deliveryIdOf('evt-1', 'wh-1', '/other') }],
  ])('leaves attempts %s as they are', (_of, changes) => {
    const other = { ...outcome, ...changes };
    expect(withoutErasedAnswer(other, erased)).toBe(other);
  });
});
