/** What holds for everybody here: the limits and defaults of this installation. */
import Type from 'typebox';
import { nullable, strict } from './fields.ts';
import { operation, roles } from './operation.ts';
import { retryPolicy, retryPolicyFields, signatureAlgorithm, timeoutMs } from './webhook-fields.ts';

const bound = Type.Object({ min: Type.Number(), max: Type.Number() });

const retryPolicyExample = {
  default: { maxAttempts: 6, baseDelayMs: 5000, maxDelayMs: 86_400_000, backoffFactor: 12, jitter: 0.2 },
  limits: {
    maxAttempts: { min: 1, max: 20 },
    baseDelayMs: { min: 1000, max: 86_400_000 },
    maxDelayMs: { min: 1000, max: 86_400_000 },
    backoffFactor: { min: 1, max: 100 },
    jitter: { min: 0, max: 1 },
  },
};

export const settingsSchema = Type.Object(
  {
    version: Type.String({ description: 'Of the product.', examples: ['0.1.0'] }),
    urls: Type.Object({
      schemes: Type.Array(Type.String(), { examples: [['https']] }),
      ports: Type.Array(Type.String(), { description: 'Ports, ranges, or `*` for any.', examples: [['443', '8443']] }),
      allowedHosts: Type.Array(Type.String(), {
        description: 'Names, `*.` and a name for all below it, or addresses; empty: any.',
        examples: [['*.example.com']],
      }),
      deniedHosts: Type.Array(Type.String(), {
        description: 'Refused, whatever is allowed.',
        examples: [['example.org']],
      }),
    }),
    sizes: Type.Object({
      eventBytesMax: Type.Integer({ description: 'Of one event.' }),
      eventsPerRequestMax: Type.Integer(),
      responseSampleBytes: Type.Integer({ description: 'What is kept of the answer of an endpoint.' }),
    }),
    retention: Type.Object({
      historyDays: Type.Integer(),
      auditDays: Type.Union([Type.Integer(), Type.Null()], { description: 'Null: for ever.' }),
    }),
    webhooksPerClientMax: Type.Integer(),
    retryPolicy: Type.Object(
      {
        default: retryPolicy,
        limits: Type.Object({
          maxAttempts: bound,
          baseDelayMs: bound,
          maxDelayMs: bound,
          backoffFactor: bound,
          jitter: bound,
        }),
      },
      { examples: [retryPolicyExample] },
    ),
    timeoutMs: Type.Object({ default: Type.Integer(), limits: bound }),
    maxInFlightMax: Type.Integer({ description: 'Most POSTs at a time of a webhook with `parallel`.' }),
    signature: Type.Object({
      algorithm: signatureAlgorithm,
      header: Type.Union([Type.String({ examples: ['X-DeeperHub-Signature'] }), Type.Null()], {
        description: 'Name of the second signature header; null: there is none.',
      }),
    }),
    verification: Type.Enum(['off', 'challenge', 'cloudevents'], {
      description: 'What the endpoint of a new webhook, or of a new URL, has to prove before anything is sent.',
    }),
    autoDisable: Type.Object(
      {
        isEnabled: Type.Boolean(),
        failureThreshold: Type.Integer({ description: 'Failures in a row.' }),
        minMinutes: Type.Number({ description: 'Over at least.' }),
        failureRatePercent: Type.Number({ description: '0: only failures in a row disable.' }),
      },
      { description: 'When failures disable a webhook: the values of the calling client, otherwise the defaults.' },
    ),
    isMailSent: Type.Boolean({ description: 'Notices go by mail to the addresses of a client.' }),
    revision: Type.Integer({ description: 'Counts what operators changed here; 0: nothing yet. Its ETag.' }),
    changeable: Type.Array(Type.String(), {
      description:
        'What an operator changes while everything runs, as JSON Pointers into this answer. The rest is of the environment of each process and wants a restart. Empty for whoever is no operator.',
      examples: [['/webhooksPerClientMax', '/timeoutMs/default']],
    }),
    changed: Type.Array(Type.String(), {
      description: 'Those of them that were changed: the environment does not say what counts. Empty for the same.',
      examples: [['/timeoutMs/default']],
    }),
  },
  { description: 'The limits and defaults in force.' },
);

export const getSettings = operation({
  id: 'getSettings',
  method: 'get',
  path: '/v1/settings',
  tag: 'Settings',
  summary: 'Read the limits and defaults in force',
  roles: [...roles],
  isVersioned: true,
  versionField: 'revision',
  status: 200,
  answer: settingsSchema,
  answered: 'The settings.',
});

const maybe = { ...strict, description: 'Null takes every setting of the group back to what the environment says.' };

/** Bounds are those of the keys of the environment. */
const settingsChange = Type.Object(
  {
    webhooksPerClientMax: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
    retryPolicy: Type.Optional(
      nullable(
        Type.Object(
          {
            default: Type.Optional(
              nullable(
                Type.Object(
                  {
                    maxAttempts: Type.Optional(nullable(retryPolicyFields.maxAttempts)),
                    baseDelayMs: Type.Optional(nullable(retryPolicyFields.baseDelayMs)),
                    maxDelayMs: Type.Optional(nullable(retryPolicyFields.maxDelayMs)),
                    backoffFactor: Type.Optional(nullable(retryPolicyFields.backoffFactor)),
                    jitter: Type.Optional(nullable(retryPolicyFields.jitter)),
                  },
                  maybe,
                ),
              ),
            ),
          },
          maybe,
        ),
      ),
    ),
    timeoutMs: Type.Optional(nullable(Type.Object({ default: Type.Optional(nullable(timeoutMs)) }, maybe))),
    signature: Type.Optional(nullable(Type.Object({ algorithm: Type.Optional(nullable(signatureAlgorithm)) }, maybe))),
    autoDisable: Type.Optional(
      nullable(
        Type.Object(
          {
            isEnabled: Type.Optional(nullable(Type.Boolean())),
            failureThreshold: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 10_000 }))),
            minMinutes: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: 43_200 }))),
            failureRatePercent: Type.Optional(nullable(Type.Number({ minimum: 0, maximum: 100 }))),
          },
          maybe,
        ),
      ),
    ),
  },
  strict,
);

export const updateSettings = operation({
  id: 'updateSettings',
  method: 'patch',
  path: '/v1/settings',
  tag: 'Settings',
  summary: 'Change settings that need no restart',
  description:
    'Those that `changeable` names, for everybody and in every process within a second. Null takes one back to what the environment says, and all of a group where it stands for the group (JSON Merge Patch). Webhooks that exist keep the policy, deadline and algorithm that they have; a client keeps its own rule of what disables.',
  roles: ['admin'],
  needs: 'settings.write',
  isConditional: true,
  isVersioned: true,
  versionField: 'revision',
  body: settingsChange,
  example: { timeoutMs: { default: 5000 }, autoDisable: { failureThreshold: 30, minMinutes: null } },
  status: 200,
  answer: settingsSchema,
  answered: 'The settings as they are then.',
});
