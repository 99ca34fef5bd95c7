/** Follows a topic from its beginning, as a consumer that knows its schema would. */
import { KafkaClient, kafkaConnection } from '../../../libs/kafka/cluster/kafka-client.ts';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import { TopicTail } from '../../../libs/kafka/tail/topic-tail.ts';
import { readConfig } from '../../../libs/runtime/config.ts';
import { connectionKeys } from '../../../libs/runtime/config-keys.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { Registry } from '../../../libs/wire/registry.ts';
import { allTopics } from '../../../libs/wire/topics.ts';
import type { WireTypes } from '../../../libs/wire/wire-types.ts';
import { until } from '../../support/until.ts';
import type { World } from './api-world.ts';

/** A value with its key: `null` members of a tombstone are just the key. */
export type ReadValue = Readonly<Record<string, unknown>> & { readonly $key: string };

/** @param name without prefix */
export async function followTopic({ env }: Pick<World, 'env'>, name: string) {
  const spec = allTopics.find((topic) => topic.name === name);
  if (spec === undefined) throw new Error(`no topic ${name}`);
  const registry = new Registry({
    url: env.SCHEMA_REGISTRY_URL,
    username: null,
    password: null,
    topicPrefix: env.TOPIC_PREFIX,
  });
  const codec = spec.schema === null ? null : await registry.codec({ ...spec, schema: spec.schema as keyof WireTypes });
  const records: KafkaRecord[] = [];
  const logger = createLogger('topic-reader', 'silent');
  const client = new KafkaClient(kafkaConnection(readConfig(connectionKeys, env), 'topic-reader'), logger);
  const tail = new TopicTail(
    client,
    { topics: [env.TOPIC_PREFIX + name], from: 'beginning', onRecord: (record) => records.push(record) },
    logger,
  );
  await tail.start();
  const values = (): ReadValue[] =>
    records.map(({ key, value }) => {
      const decoded: unknown =
        value === null ? {} : codec === null ? JSON.parse(value.toString()) : codec.decode(value);
      return { ...(decoded as Record<string, unknown>), $key: key?.toString() ?? '' };
    });
  return {
    records,
    values,
    until: async (condition: (values: readonly ReadValue[]) => boolean): Promise<ReadValue[]> => {
      await until(() => condition(values()), { timeoutMs: 15_000, everyMs: 10 });
      return values();
    },
    stop: () => tail.stop(),
  };
}
