/** How the whole system is: for operators. */
import Type from 'typebox';
import { nullable, timestamp } from './fields.ts';
import { operation } from './operation.ts';

const severities = ['ok', 'notice', 'warning', 'error'] as const;

export const systemSchema = Type.Object(
  {
    at: { ...timestamp, description: 'When this was determined: up to ten seconds ago.' },
    state: Type.Enum([...severities], { description: 'The worst of `findings`.' }),
    versions: Type.Object({
      product: Type.String({ examples: ['0.1.0'] }),
      node: Type.String({ examples: ['24.11.0'] }),
      postgres: nullable(Type.String({ examples: ['18.1'] })),
    }),
    brokers: nullable(Type.Integer({ description: 'Kafka brokers that answer.' })),
    lag: nullable(
      Type.Array(
        Type.Object({
          app: Type.String({ examples: ['dispatcher'] }),
          isComplete: Type.Boolean({
            description:
              'False: it reads topics on the platform’s own cluster (PLATFORM_KAFKA_BROKERS) too, which are not looked at: they are not among `topics`, and a finding says so.',
          }),
          members: Type.Integer({ description: 'Processes that consume.' }),
          topics: Type.Array(
            Type.Object({
              topic: Type.String({ description: 'As it is called on the cluster.', examples: ['webhook.deliveries'] }),
              lag: Type.Integer({ description: 'Records that it has not finished.' }),
              isWaitingPlace: Type.Boolean({ description: 'Records wait there by design: retries, the parked lane.' }),
            }),
          ),
        }),
        { description: 'By app and topic.' },
      ),
    ),
    outbox: nullable(
      Type.Object(
        { count: Type.Integer(), oldestAt: nullable(timestamp) },
        { description: 'Committed changes that are not on Kafka yet.' },
      ),
    ),
    backlog: nullable(
      Type.Object(
        {
          pending: Type.Integer({ description: 'No attempt was made yet.' }),
          retrying: Type.Integer({ description: 'The last attempt failed, and another one follows.' }),
          oldestAt: nullable({ ...timestamp, description: 'When the oldest of them was made.' }),
          earliestDueAt: nullable({ ...timestamp, description: 'When the attempt that waits longest was due.' }),
        },
        { description: 'Deliveries that are neither delivered nor given up.' },
      ),
    ),
    partitionDaysAhead: nullable(
      Type.Integer({ description: 'Days after today that the history has partitions for.' }),
    ),
    findings: Type.Array(
      Type.Object({
        area: Type.String({ examples: ['lag'] }),
        severity: Type.Enum([...severities]),
        says: Type.String({ examples: ['dispatcher: 2 consuming, 0 records behind'] }),
        remedy: nullable(Type.String({ description: 'What to do; null where there is nothing to do.' })),
      }),
      { description: 'What the doctor finds about the same parts.' },
    ),
  },
  { description: 'The state of the system. What did not answer is null, and a finding says so.' },
);

export const getSystem = operation({
  id: 'getSystem',
  method: 'get',
  path: '/v1/system',
  tag: 'System',
  summary: 'Read the state of the system',
  description:
    'Each process determines it at most once every ten seconds, however many clients ask. `npm run doctor` looks at more: configuration, topics, schemas, definitions, clocks, keys, egress and the readiness of each app.',
  roles: ['admin'],
  status: 200,
  answer: systemSchema,
  answered: 'The report.',
});
