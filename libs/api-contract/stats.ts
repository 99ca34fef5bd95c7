/** Counts of attempts for charts. */
import Type from 'typebox';
import { anyId, nullable, oneOrSeveralOf, strict, timestamp } from './fields.ts';
import { operation } from './operation.ts';

/** Widths of what is counted together, and how far a request may reach with each, in milliseconds. */
export const statsBuckets = {
  '5m': { stepMs: 300_000, reachMs: 2 * 86_400_000 },
  '1h': { stepMs: 3_600_000, reachMs: 31 * 86_400_000 },
  '1d': { stepMs: 86_400_000, reachMs: 366 * 86_400_000 },
} as const;
export type StatsBucketName = keyof typeof statsBuckets;

const counts = {
  attempts: Type.Integer(),
  delivered: Type.Integer(),
  failedRetryable: Type.Integer(),
  failedPermanent: Type.Integer(),
  successRate: nullable(Type.Number({ description: 'Part of the attempts that were delivered, 0 to 1.' })),
  latencyMs: nullable(
    Type.Object(
      { p50: Type.Integer(), p95: Type.Integer(), p99: Type.Integer() },
      { description: 'Percentiles, from a histogram whose slots double in width; null without a POST.' },
    ),
  ),
  timeMs: nullable(
    Type.Object(
      { ours: Type.Integer(), theirs: Type.Integer() },
      {
        description:
          'Where the time of these attempts went, in milliseconds all together. Ours: from the arrival of the event on Kafka, or from the resend, replay or test, to the first attempt; waits by the order, limits and pauses of a webhook included. Theirs: in attempts, and in the delays that the retry policy puts behind them. Null where nothing was summed: without an attempt, or of attempts from before the upgrade that brought these sums.',
      },
    ),
  ),
};

/** Webhooks that one request may name. */
export const statsWebhooksMax = 250;
/** Buckets of all groups together. */
export const statsCellsMax = 15_000;

const totals = Type.Object(counts);
const data = Type.Array(Type.Object({ start: timestamp, ...counts }), { description: 'Every bucket, oldest first.' });

export const statsSchema = Type.Object(
  {
    from: timestamp,
    to: timestamp,
    bucket: Type.Enum(Object.keys(statsBuckets) as StatsBucketName[]),
    totals,
    data,
    groups: Type.Optional(
      Type.Array(Type.Object({ webhookId: Type.String(), totals, data }), {
        description: 'With `groupBy=webhook`: the same for each webhook that was named, in the order in which it was.',
      }),
    ),
  },
  { description: 'Results of attempts.' },
);

export const getStats = operation({
  id: 'getStats',
  method: 'get',
  path: '/v1/stats',
  tag: 'Live',
  summary: 'Count attempts over time',
  description:
    'Attempts by outcome with latency percentiles, in buckets of five minutes (two days at most), an hour (31 days) or a day (a year). Pings are left out. What is older than two days is kept by the hour.',
  roles: ['admin', 'client'],
  query: Type.Object(
    {
      bucket: Type.Optional(
        Type.Enum(Object.keys(statsBuckets) as StatsBucketName[], { default: '1h', description: 'Width of a bucket.' }),
      ),
      from: Type.Optional({
        ...timestamp,
        description: 'Taken down to a whole bucket; 24 buckets before `to` when left out.',
      }),
      to: Type.Optional({ ...timestamp, description: 'Taken up to a whole bucket; now when left out.' }),
      webhookId: Type.Optional(
        oneOrSeveralOf(anyId, statsWebhooksMax, 'Given several times, those of all of them together.'),
      ),
      groupBy: Type.Optional(
        Type.Enum(['webhook'], {
          description: 'For each `webhookId` by itself too: at most 15,000 buckets for all of them.',
        }),
      ),
      clientId: Type.Optional(anyId),
    },
    strict,
  ),
  status: 200,
  answer: statsSchema,
  answered: 'The counts.',
});
