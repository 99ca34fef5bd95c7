/** Whether endpoints have to prove that they want what is sent to them. */
import { choiceKey, makeKey, type ConfigKey } from './config.ts';
import { quoted } from './masked-value.ts';

/** A DNS name, as the receiver may look it up or compare it. */
const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

const originKey: ConfigKey<string | null> = makeKey(
  {
    description:
      'DNS name that cloudevents asks with, in WebHook-Request-Origin; endpoints answer it, or *, in WebHook-Allowed-Origin',
    default: '',
  },
  (value) => {
    if (value === '') return null;
    if (hostName.test(value)) return value;
    throw new Error(`must be a DNS name such as webhooks.example.com, not ${quoted(value)}`);
  },
);

const methodKey = choiceKey({
  description:
    'What the endpoint of a new webhook, or of a new URL, has to prove before anything is sent: off; challenge: it returns a value of a signed POST; cloudevents: it answers OPTIONS as CloudEvents Web Hooks has it',
  default: 'off',
  choices: ['off', 'challenge', 'cloudevents'],
});

export const verificationKeys = {
  ENDPOINT_VERIFICATION: {
    ...methodKey,
    conflict: (method: ReturnType<typeof methodKey.parse>, others: Readonly<Record<string, unknown>>) =>
      method === 'cloudevents' && others['ENDPOINT_VERIFICATION_ORIGIN'] === null
        ? 'is cloudevents, which takes ENDPOINT_VERIFICATION_ORIGIN: set it'
        : null,
  },
  ENDPOINT_VERIFICATION_ORIGIN: {
    ...originKey,
    conflict: (origin: string | null, others: Readonly<Record<string, unknown>>) => {
      const method = others['ENDPOINT_VERIFICATION'];
      if (origin === null || typeof method !== 'string' || method === 'cloudevents') return null;
      return `is set, but ENDPOINT_VERIFICATION is ${method}, not cloudevents`;
    },
  },
} as const;
