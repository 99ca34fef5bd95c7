/** What the operator lets clients choose for their webhooks. The values of webhooks that exist stay as they are. */
import { checkedListKey, numberKey, type ConfigKey } from './config.ts';

const dayMs = 86_400_000;

/** A limit that the operator's own default has to keep. */
function limitOf(key: ConfigKey<number>, defaultName: string, bound: 'most' | 'least'): ConfigKey<number> {
  return {
    ...key,
    conflict: (value, others) => {
      const preset = others[defaultName];
      if (typeof preset !== 'number' || (bound === 'most' ? preset <= value : preset >= value)) return null;
      return `is ${value}, and ${defaultName}, which webhooks have by default, is ${preset}: change one of them`;
    },
  };
}

export const webhookLimitKeys = {
  WEBHOOKS_PER_CLIENT: numberKey({
    description: 'Most webhooks of one client',
    default: '1000',
    min: 1,
    max: 1_000_000,
  }),
  DEFINITION_WAIT_MS_MAX: numberKey({
    description:
      'Longest that the answer to a change of a webhook waits until it counts for every event that is published; 0: never',
    unit: 'ms',
    default: '2000',
    min: 0,
    max: 30_000,
  }),
  WEBHOOK_RETRY_ATTEMPTS_MAX: limitOf(
    numberKey({ description: 'Most attempts that a webhook may ask for', default: '20', min: 1, max: 20 }),
    'RETRY_MAX_ATTEMPTS',
    'most',
  ),
  WEBHOOK_RETRY_DELAY_MS_MIN: limitOf(
    numberKey({
      description: 'Shortest `baseDelayMs` and `maxDelayMs` that a webhook may ask for',
      unit: 'ms',
      default: '1000',
      min: 1000,
      max: dayMs,
    }),
    'RETRY_BASE_DELAY_MS',
    'least',
  ),
  WEBHOOK_RETRY_DELAY_MS_MAX: limitOf(
    numberKey({
      description: 'Longest `baseDelayMs` and `maxDelayMs` that a webhook may ask for',
      unit: 'ms',
      default: String(dayMs),
      min: 1000,
      max: dayMs,
    }),
    'RETRY_MAX_DELAY_MS',
    'most',
  ),
  WEBHOOK_TIMEOUT_MS_MAX: limitOf(
    numberKey({
      description: 'Longest `timeoutMs` that a webhook may ask for',
      unit: 'ms',
      default: '30000',
      min: 100,
      max: 30_000,
    }),
    'DEFAULT_HTTP_TIMEOUT_MS',
    'most',
  ),
  WEBHOOK_IN_FLIGHT_MAX: numberKey({
    description: 'Largest `maxInFlight` that a webhook may ask for',
    default: '100',
    min: 10,
    max: 100,
  }),
  WEBHOOK_SUCCESS_CODES: checkedListKey(
    {
      description:
        'Codes from 300 to 499, and the classes `3xx` and `4xx`, that a webhook may name in `successCodes`; empty: none',
      default: '3xx,4xx',
    },
    (item, told) => {
      if (!/^([34]\d\d|[34]xx)$/.test(item))
        throw new Error(`must name codes from 300 to 499, 3xx or 4xx, not ${told}`);
    },
  ),
} as const;
