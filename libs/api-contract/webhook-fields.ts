/** The fields of a webhook, with their limits. */
import Type from 'typebox';
import { statusClasses, type StatusClass } from '../domain/delivery/answer-codes.ts';
import {
  clientId,
  eventTypePattern,
  externalId,
  labels,
  mapOf,
  nullable,
  strict,
  textOf,
  timestamp,
} from './fields.ts';

export const url = Type.String({
  minLength: 1,
  maxLength: 2048,
  description:
    'Where events are posted, in normalized form: dots are resolved, and characters that a URL cannot hold are encoded. Schemes, ports and addresses are restricted (ALLOWED_URL_SCHEMES, ALLOWED_PORTS); private addresses are refused.',
  examples: ['https://example.com/hooks/orders'],
});

export const eventTypes = Type.Array(eventTypePattern, {
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  description:
    'Events to send: types, prefixes such as `order.*`, or `*`. Notices about webhooks have to be named (`webhook.*`).',
  examples: [['order.*']],
});

export const description = nullable(textOf(1000, 'For people.', { examples: ['Orders to the warehouse'] }));

export const headers = mapOf(Type.String(), {
  description:
    'Headers to add to each POST. Their values are kept encrypted and never shown again, whatever the name: a value that comes back as it was shown, `********`, stays as it is. A delivery that belongs to a trace carries its own `traceparent`; otherwise one that is added here is sent.',
  examples: [{ 'x-tenant': 'acme' }],
});

export const filter = nullable(
  Type.Object(
    {},
    {
      additionalProperties: true,
      description: 'A filter over events of these types, such as `{ "data.amount": { "$gte": 100 } }`.',
      examples: [{ 'data.amount': { $gte: 100 } }],
    },
  ),
);

export const ordering = Type.Enum(['inOrder', 'parallel', 'strict'], {
  description:
    'inOrder: one at a time in order, a failed one is retried later and holds up nothing. parallel: up to maxInFlight at a time. strict: a failed one holds up what follows.',
});

export const maxInFlight = Type.Integer({
  minimum: 1,
  maximum: 100,
  description: 'Most POSTs at a time with `parallel`.',
});

export const rateLimitPerSecond = nullable(
  Type.Number({ minimum: 0.01, maximum: 10_000, description: 'Most POSTs per second; null: no limit.' }),
);

export const timeoutMs = Type.Integer({
  minimum: 100,
  maximum: 30_000,
  description: 'Deadline of one POST, from name resolution to the end of the answer, in milliseconds.',
});

export const retryPolicyFields = {
  maxAttempts: Type.Integer({
    minimum: 1,
    maximum: 20,
    description:
      'Most attempts, the first included. Those that would come after a delivery is given up (DELIVERY_MAX_AGE_HOURS, 72 h by default) are not made: it is `expired`.',
  }),
  baseDelayMs: Type.Integer({ minimum: 1000, maximum: 86_400_000, description: 'Delay before the second attempt.' }),
  maxDelayMs: Type.Integer({ minimum: 1000, maximum: 86_400_000, description: 'Longest delay, at least baseDelayMs.' }),
  backoffFactor: Type.Number({ minimum: 1, maximum: 100, description: 'Each delay is the one before times this.' }),
  jitter: Type.Number({ minimum: 0, maximum: 1, description: 'Part of a delay that is random: 0.2 is ±20 %.' }),
};

export const retryPolicy = Type.Object(retryPolicyFields, { description: 'When and how often to try again.' });

export const retryPolicyInput = nullable(
  Type.Partial(retryPolicy, { ...strict, description: 'Omitted fields keep their default or their value.' }),
);

/** 2xx is a success and nothing else: what an answer of 2xx says of its event is final. */
function answerCodes(min: number, max: number, classes: readonly StatusClass[], description: string) {
  const code = Type.Integer({ minimum: min, maximum: max });
  return Type.Array(Type.Union([code, Type.Enum([...classes])]), {
    maxItems: 50,
    uniqueItems: true,
    description,
  });
}

export const successCodes = answerCodes(
  300,
  499,
  ['3xx', '4xx'],
  'Answers that are delivered as a 2xx is: codes, such as 302 of a host that answers every POST so, and classes. A code that is named by itself comes before its class, here and in the other lists; no class covers 410. Redirects are not followed.',
);

export const retryOn = answerCodes(
  300,
  599,
  statusClasses,
  'Answers that are tried again by the retry policy, and `exhausted` in the end; their `Retry-After` is followed. 410 does not disable the webhook when it is named here or in `failOn`.',
);

export const failOn = answerCodes(300, 599, statusClasses, 'Answers that are final at once, as `rejected`.');

export const format = Type.Enum(['json', 'cloudevents', 'form', 'xml'], {
  description:
    "How the body is written. In `form` the names of nested members are in brackets, `data[items][0]`; `[`, `]` and `%` of a member's own name are written there as `%5B`, `%5D` and `%25` before the whole is encoded.",
});

export const autoHeal = Type.Boolean({
  description:
    'Enable it again by itself, once failures disabled it and pings arrive again. False: the system never pings it of its own accord, not even after a day in which nothing was sent to it.',
});

export const autoHealGone = Type.Boolean({
  description:
    'The same when its endpoint said that it is gone, with `autoHeal`. Only pings that are delivered count then.',
});

const pem = (description: string) => nullable(textOf(65_536, description));

export const tlsInput = nullable(
  Type.Object(
    {
      ca: Type.Optional(pem('CA certificates in PEM, trusted in place of those that this service trusts.')),
      cert: Type.Optional(pem('Client certificate in PEM, its chain behind it; with `key`.')),
      key: Type.Optional(pem('Private key of the client certificate in PEM, without a passphrase. Never shown again.')),
    },
    { ...strict, description: 'For endpoints with a CA of their own, or that ask for a client certificate (mTLS).' },
  ),
);

const certificates = nullable(
  Type.Array(
    Type.Object({
      subject: Type.String({ examples: ['CN=hooks.example.com'] }),
      issuer: Type.String({ examples: ['CN=Example CA'] }),
      validTo: timestamp,
      fingerprint256: Type.String({ description: 'SHA-256 of the certificate.' }),
    }),
  ),
);

export const tls = nullable(
  Type.Object(
    { ca: certificates, cert: certificates, key: nullable(Type.String({ description: 'Masked.' })) },
    { description: 'TLS material of the webhook; kept encrypted.' },
  ),
);

export const suppliedSecret = nullable(
  Type.String({
    maxLength: 256,
    description:
      'A secret of your own: `whsec_` and 24 to 64 bytes in base64, or for ed25519 `whsk_` and 32, as Standard Webhooks has them; or any other text of 16 to 256 printable ASCII characters, which signs with those bytes as they are. Left out, or null, one is made of 32 random bytes.',
  }),
);

export const replacingSecret = Type.String({
  maxLength: 256,
  description:
    'A new secret of your own, in the forms that creation takes: it signs at once, those before it sign too for 24 hours. The one that is in force changes nothing. Takes the capability `secrets.rotate` besides.',
});

export const signatureAlgorithm = Type.Enum(['hmac-sha256', 'ed25519'], {
  description: 'How deliveries are signed (Standard Webhooks `v1` or `v1a`). Fixed when the webhook is created.',
});

export const secretDescription =
  'The key with which the receiver verifies signatures: the `whsec_` secret, or for ed25519 the public key `whpk_`. Shown in this answer only.';

export const webhookFields = {
  id: Type.String({ examples: ['wh_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'] }),
  clientId,
  url,
  eventTypes,
  description,
  labels,
  externalId,
  isActive: Type.Boolean({ description: 'False: nothing is sent.' }),
  disabledBy: nullable(
    Type.Enum(['client', 'operator', 'failures', 'gone', 'unverified'], {
      description: 'unverified: its endpoint has not proven yet that it wants deliveries.',
    }),
  ),
  disabledReason: nullable(Type.String()),
  disabledAt: nullable(timestamp),
  isVerificationPending: Type.Boolean({
    description:
      'Its endpoint has to prove that it wants deliveries before anything is sent: `POST /v1/webhooks/{id}/verification`.',
  }),
  verifiedAt: nullable({
    ...timestamp,
    description: 'When the endpoint of its present URL proved that; null: it did not, or did not have to.',
  }),
  pausedSince: nullable({ ...timestamp, description: 'Null: it is not paused.' }),
  pausedUntil: nullable({ ...timestamp, description: 'When sending goes on by itself; null: it is not paused.' }),
  holdsUntil: nullable({
    ...timestamp,
    description: 'The age limit of waiting deliveries, and so the latest end of this pause; null: it is not paused.',
  }),
  rewind: nullable(
    Type.Object(
      {
        replayId: Type.String({ description: 'The replay that says how far it is.' }),
        to: { ...timestamp, description: 'Events of this time or later are delivered first.' },
      },
      {
        description:
          'It is being rewound: what the history has is delivered first, and new events wait behind it. Null: it is not.',
      },
    ),
  ),
  startFrom: nullable({
    ...timestamp,
    description:
      'It is rewound to this time once its endpoint has proven that it wants deliveries; null: it is not to be, or is already (`rewind`).',
  }),
  headers: mapOf(Type.String(), { description: 'Every value is masked.', examples: [{ 'x-tenant': '********' }] }),
  filter,
  ordering,
  maxInFlight,
  rateLimitPerSecond,
  timeoutMs,
  retryPolicy,
  successCodes,
  retryOn,
  failOn,
  format,
  autoHeal,
  autoHealGone,
  tls,
  signatureAlgorithm,
  version: Type.Integer({ description: 'Counts changes from 1.' }),
  createdAt: timestamp,
  updatedAt: timestamp,
};
