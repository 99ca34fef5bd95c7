/** How a webhook is doing, as it is shown beside the webhook. */
import Type from 'typebox';
import { healthStates } from '../domain/health/webhook-health.ts';
import { nullable, timestamp } from './fields.ts';

export const latencySchema = nullable(
  Type.Object({ p50: Type.Number(), p95: Type.Number(), p99: Type.Number() }, { description: 'Milliseconds.' }),
);
export const rateSchema = nullable(Type.Number({ description: 'Part of the attempts that arrived, 0 to 1.' }));

export const breakerSchema = Type.Enum(['closed', 'open', 'halfOpen'], {
  description:
    'Of its circuit breaker, by the outcomes that are known: open, nothing is sent for ten seconds; halfOpen, the next delivery is the probe.',
});

export const blockedBySchema = nullable(
  Type.Object(
    { deliveryId: Type.String(), since: timestamp },
    { description: 'With `strict`: the delivery that holds up the others, and when it first failed.' },
  ),
);

export const healthBesideSchema = Type.Object(
  {
    state: Type.Enum([...healthStates]),
    consecutiveFailures: Type.Integer(),
    failingSince: nullable(timestamp),
    lastSuccessAt: nullable(timestamp),
    lastFailureAt: nullable(timestamp),
    attempts: Type.Integer({ description: 'Of the last day, pings left out.' }),
    successRate: rateSchema,
    latencyMs: latencySchema,
    waiting: Type.Object(
      {
        count: Type.Integer({ description: 'Deliveries that are not settled; 1,000 means that many or more.' }),
        oldestAt: nullable(timestamp),
      },
      { description: 'What waits for its first or next attempt.' },
    ),
    breaker: breakerSchema,
    blockedBy: blockedBySchema,
    recoveringUntil: nullable(timestamp),
    pausedUntil: nullable({ ...timestamp, description: 'Null: it is not paused.' }),
  },
  { description: 'How a webhook is doing, over the last day.' },
);
