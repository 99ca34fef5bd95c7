/** What bounds the work and the memory of the dispatcher. */
import { booleanKey, choiceKey, numberKey } from './config.ts';

export const dispatchKeys = {
  WEBHOOKS_ENABLED: booleanKey({ description: 'False: deliveries wait in Kafka, nothing is lost', default: 'true' }),
  DISPATCH_MAX_IN_FLIGHT: numberKey({
    description:
      'Quick attempts at the same time in one dispatcher, and as many of webhooks that are not known yet; one client has three quarters at most',
    default: '512',
    min: 1,
    max: 10_000,
  }),
  DISPATCH_MAX_SLOW: numberKey({
    description: 'The same for webhooks that take longer than half a second to answer; one client has a half at most',
    default: '4096',
    min: 1,
    max: 100_000,
  }),
  // The sender has 512 connections for an origin, 128 of them for pings.
  ORIGIN_MAX_IN_FLIGHT: numberKey({
    description:
      'Attempts at the same time at one origin in one dispatcher, of all clients; one client has three quarters at most',
    default: '170',
    min: 1,
    max: 384,
  }),
  WEBHOOK_MAX_BUFFERED: numberKey({
    description: 'Deliveries of one webhook in memory',
    default: '500',
    min: 1,
    max: 20_000,
  }),
  WEBHOOK_MAX_BUFFERED_KB: numberKey({
    description: 'The same in bytes',
    unit: 'KiB',
    default: '4096',
    min: 256,
    max: 262_144,
  }),
  DISPATCH_MAX_BUFFERED_MB: numberKey({
    description: 'Deliveries and reports in the memory of one dispatcher, of all webhooks together',
    unit: 'MiB',
    default: '128',
    min: 16,
    max: 65_536,
  }),
  DISPATCH_UNACKNOWLEDGED_MS_MAX: numberKey({
    description:
      'No attempt begins in a partition while an outcome of it, and none at all while a commit, has waited for Kafka for longer',
    unit: 'ms',
    default: '1000',
    min: 100,
    max: 60_000,
  }),
  LOG_EXHAUSTED_LEVEL: choiceKey({
    description: 'Level of the line of a delivery whose last attempt failed; no alert of ours looks at it',
    default: 'error',
    choices: ['info', 'warn', 'error'],
  }),
  DRAIN_DEADLINE_MS: numberKey({
    description: 'How long a stop or a rebalance waits for attempts in flight',
    unit: 'ms',
    default: '8000',
    min: 0,
    max: 25_000,
  }),
} as const;
