/** How long a delivery is tried, and when again. */
import { numberKey } from './config.ts';

const dayMs = 86_400_000;

const hourMs = 3_600_000;

/** Attempts that would come after their delivery was given up are none. */
function conflictWithAge(attempts: number, others: Readonly<Record<string, unknown>>): string | null {
  const numberOf = (name: string) => (typeof others[name] === 'number' ? others[name] : NaN);
  const hoursMax = numberOf('DELIVERY_MAX_AGE_HOURS');
  const [base, factor] = [numberOf('RETRY_BASE_DELAY_MS'), numberOf('RETRY_BACKOFF_FACTOR')];
  const longest = numberOf('RETRY_MAX_DELAY_MS');
  let waitMs = 0;
  for (let no = 1; no < attempts; no += 1) waitMs += Math.min(base * factor ** (no - 1), longest);
  if (!(waitMs > hoursMax * hourMs)) return null;
  const hours = Math.round(waitMs / (hourMs / 10)) / 10;
  return `is ${attempts}: the last attempt would come ${hours} h after the first, and deliveries are given up after ${hoursMax} h: choose fewer attempts, shorter delays (RETRY_MAX_DELAY_MS) or a larger DELIVERY_MAX_AGE_HOURS, here and at the dispatchers`;
}

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
  RETRY_MAX_ATTEMPTS: {
    ...numberKey({ description: 'Attempts of a delivery', default: '6', min: 1, max: 20 }),
    conflict: conflictWithAge,
  },
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
