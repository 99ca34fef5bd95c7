/** Where platform events come from: another cluster than the system's own, if one is configured. */
import type { ConfigOf } from '../../runtime/config.ts';
import type { connectionKeys } from '../../runtime/config-keys.ts';
import type { platformKafkaKeys } from '../../runtime/platform-kafka-keys.ts';
import { kafkaConnection, type KafkaConnection } from './kafka-client.ts';

type PlatformConfig = ConfigOf<typeof connectionKeys> & ConfigOf<typeof platformKafkaKeys>;

/** Null: it is the system's own. */
export function platformConnection(config: PlatformConfig, clientId: string): KafkaConnection | null {
  if (config.PLATFORM_KAFKA_BROKERS === null) return null;
  const there = {
    ...config,
    KAFKA_BROKERS: config.PLATFORM_KAFKA_BROKERS,
    KAFKA_TLS: config.PLATFORM_KAFKA_TLS,
    KAFKA_TLS_CA: config.PLATFORM_KAFKA_TLS_CA,
    KAFKA_TLS_CERT: config.PLATFORM_KAFKA_TLS_CERT,
    KAFKA_TLS_KEY: config.PLATFORM_KAFKA_TLS_KEY,
    KAFKA_TLS_KEY_PASSPHRASE: config.PLATFORM_KAFKA_TLS_KEY_PASSPHRASE,
    KAFKA_SASL_MECHANISM: config.PLATFORM_KAFKA_SASL_MECHANISM,
    KAFKA_SASL_USERNAME: config.PLATFORM_KAFKA_SASL_USERNAME,
    KAFKA_SASL_PASSWORD: config.PLATFORM_KAFKA_SASL_PASSWORD,
    KAFKA_OAUTH_TOKEN_URL: config.PLATFORM_KAFKA_OAUTH_TOKEN_URL,
    KAFKA_OAUTH_CLIENT_ID: config.PLATFORM_KAFKA_OAUTH_CLIENT_ID,
    KAFKA_OAUTH_CLIENT_SECRET: config.PLATFORM_KAFKA_OAUTH_CLIENT_SECRET,
    KAFKA_OAUTH_SCOPE: config.PLATFORM_KAFKA_OAUTH_SCOPE,
    KAFKA_OAUTH_PARAMETERS: config.PLATFORM_KAFKA_OAUTH_PARAMETERS,
    KAFKA_OAUTH_EXTENSIONS: config.PLATFORM_KAFKA_OAUTH_EXTENSIONS,
    KAFKA_OAUTH_CA: config.PLATFORM_KAFKA_OAUTH_CA,
    KAFKA_AWS_REGION: config.PLATFORM_KAFKA_AWS_REGION,
  };
  return kafkaConnection(there, clientId);
}
