/** Commands that speak with Kafka: what they need of the environment, and how they say that it does not answer. */
import { KafkaClient, kafkaConnection } from '../libs/kafka/cluster/kafka-client.ts';
import { readConfig, type ConfigOf, type ConfigSpec, type Environment } from '../libs/runtime/config.ts';
import { connectionKeys } from '../libs/runtime/config-keys.ts';
import { createLogger, type Logger } from '../libs/runtime/logger.ts';
import type { CommandContext } from './command.ts';
import { CliFailure } from './failure.ts';

export interface KafkaAccess<Keys extends ConfigSpec> {
  readonly config: ConfigOf<typeof connectionKeys> & ConfigOf<Keys>;
  readonly client: KafkaClient;
  readonly logger: Logger;
  /**
   * Around what asks Kafka: tells an error as what it means for a person.
   * @param platform brokers of the platform's own cluster, when that is asked. @throws CliFailure, and what Kafka refuses
   */
  readonly asked: <T>(work: Promise<T>, platform?: readonly string[]) => Promise<T>;
}

/** @param keys that are read besides. @throws ConfigError, CliFailure */
export async function withKafka<Keys extends ConfigSpec>(
  { given, settings }: Pick<CommandContext, 'given' | 'settings'>,
  keys: Keys,
  run: (access: KafkaAccess<Keys>) => Promise<void>,
): Promise<void> {
  const brokers = given.text('brokers');
  const env: Environment = {
    ...settings.env,
    ...(brokers !== null && { KAFKA_BROKERS: brokers, KAFKA_BROKERS_FILE: undefined }),
  };
  const config = { ...readConfig(connectionKeys, env), ...readConfig(keys, env) };
  const logger = createLogger('cli', 'silent');
  const asked = async <T>(work: Promise<T>, platform?: readonly string[]): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof CliFailure || isRefusal(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const place = (platform ?? config.KAFKA_BROKERS).join(', ');
      const key = platform === undefined ? 'KAFKA_BROKERS' : 'PLATFORM_KAFKA_BROKERS';
      throw new CliFailure('unreachable', `Kafka at ${place} does not answer (${reason}): check ${key} or --brokers.`);
    }
  };
  await run({ config, client: new KafkaClient(kafkaConnection(config, 'cli'), logger), logger, asked });
}

/** Kafka answered, and says no: the error says to what. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === false;
}
