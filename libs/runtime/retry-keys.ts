/** How long a delivery is tried, and when again. */
import { numberKey } from './config.ts';

const dayMs = 86_400_000;

export const retryKeys = {
  DELIVERY_MAX_AGE_HOURS: numberKey({
    description: 'A delivery that waits longer is given up',
    unit: 'h',
    default: '72',
    min: 1,
    max: 720,
  }),
  REFUSAL_GRACE_MINUTES: numberKey({
    description:
      'How long 401, 403, 404, 407, 421 and 423 of an endpoint that worked within a day, as far as the dispatcher knows, are tried again before they are final; 0: not at all',
    unit: 'min',
    default: '15',
    min: 0,
    max: 1440,
  }),
  RETRY_AFTER_MAX_MINUTES: numberKey({
    description: 'The longest that `Retry-After` of an endpoint is followed for webhooks with `parallel`',
    unit: 'min',
    default: '1440',
    min: 1,
    max: 1440,
  }),
  RETRY_AFTER_ORDERED_MAX_MINUTES: numberKey({
    description: 'The same for webhooks with `inOrder` or `strict`',
    unit: 'min',
    default: '60',
    min: 1,
    max: 1440,
  }),
  RETRY_MAX_ATTEMPTS: numberKey({ description: 'Attempts of a delivery', default: '6', min: 1, max: 20 }),
  RETRY_BASE_DELAY_MS: numberKey({
    description: 'Delay before the second attempt',
    unit: 'ms',
    default: '5000',
    min: 1000,
    max: dayMs,
  }),
  RETRY_MAX_DELAY_MS: numberKey({
    description: 'Longest delay',
    unit: 'ms',
    default: String(dayMs),
    min: 1000,
    max: dayMs,
  }),
  RETRY_BACKOFF_FACTOR: numberKey({
    description: 'Each delay is the one before times this',
    default: '12',
    min: 1,
    max: 100,
    whole: false,
  }),
  RETRY_JITTER: numberKey({
    description: 'Part of a delay that is random',
    default: '0.2',
    min: 0,
    max: 1,
    whole: false,
  }),
} as const;
