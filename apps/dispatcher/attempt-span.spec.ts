import { expect, test } from '@jest/globals';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import type { NewSpan, Tracer } from '../../libs/runtime/tracing.ts';
import { startAttempt } from './attempt-span.ts';

const ping: Delivery = {
  deliveryId: 'd',
  webhookId: 'w',
  clientId: 'c',
  eventId: 'e',
  eventType: 'webhook.ping',
  kind: 'ping',
  trigger: 'first',
  round: '',
  attempt: 1,
  contentType: 'application/json',
  body: Buffer.from('{}'),
  createdAt: 1_000,
  traceparent: null,
};

function startedFor(traceparent: string | null): readonly NewSpan[] {
  const started: NewSpan[] = [];
  const tracer: Tracer = {
    start: (span) => {
      started.push(span);
      return { traceparent: '', isSampled: true, end: () => undefined };
    },
  };
  startAttempt(tracer, { ...ping, traceparent }, undefined);
  return started;
}

const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-';

test('an attempt that nobody traced begins a trace, and says what it was of', () => {
  expect(startedFor(null)).toMatchObject([{ parent: null, attributes: { 'webhook.id': 'w', 'webhook.kind': 'ping' } }]);
  expect(startedFor(`${trace}01`)).toMatchObject([{ parent: `${trace}01` }]);
});

test('what its sampler left out stays out', () => {
  expect(startedFor(`${trace}00`)).toEqual([]);
  expect(startAttempt(undefined, ping, undefined)).toBeNull();
});
