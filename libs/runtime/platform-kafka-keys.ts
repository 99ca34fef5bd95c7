/** The cluster that platform events come from, where it is not the system's own. */
import { serversKey } from './address-keys.ts';
import { booleanKey, makeKey, type ConfigKey, type ConfigSpec } from './config.ts';
import { kafkaAccessKeys } from './kafka-keys.ts';

const servers = serversKey({ description: '' });

const access = {
  PLATFORM_KAFKA_TLS: booleanKey({ description: "Connect to the platform's Kafka with TLS", default: 'false' }),
  ...kafkaAccessKeys('PLATFORM_', "the platform's Kafka"),
} as const;

export const platformKafkaKeys = {
  PLATFORM_KAFKA_BROKERS: makeKey(
    {
      description:
        'Brokers of the cluster that has PLATFORM_TOPICS, as host:port; empty: that of KAFKA_BROKERS. Its topics are named without TOPIC_PREFIX',
      default: '',
    },
    (text) => (text.trim() === '' ? null : servers.parse(text)),
  ),
  ...onlyWithBrokers(access),
} as const;

/** What says how to reach a cluster that is not named would be overlooked in silence. */
function onlyWithBrokers<Keys extends ConfigSpec>(keys: Keys): Keys {
  const watched = Object.entries(keys).map(([name, key]) => {
    const usual: unknown = key.parse(key.default ?? '');
    const conflict = (value: unknown, others: Readonly<Record<string, unknown>>): string | null => {
      const isUsual = JSON.stringify(value) === JSON.stringify(usual);
      if (others['PLATFORM_KAFKA_BROKERS'] === null && !isUsual) return 'is set, but PLATFORM_KAFKA_BROKERS is not';
      return (key as ConfigKey<unknown>).conflict?.(value, others) ?? null;
    };
    return [name, { ...key, conflict }];
  });
  return Object.fromEntries(watched) as Keys;
}
