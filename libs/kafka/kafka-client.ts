/** The way into kafkajs: a connection described by configuration, and clients with the remedies applied. */
import type { ConfigOf } from '../runtime/config.ts';
import type { connectionKeys } from '../runtime/config-keys.ts';
import type { Logger } from '../runtime/logger.ts';

export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly tls: boolean;
  /** PEM; null: the system's authorities. */
  readonly tlsCa: string | null;
  readonly sasl: SaslLogin | null;
  readonly clientId: string;
}

export interface SaslLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** From the configuration of an app. */
export function kafkaConnection(config: ConfigOf<typeof connectionKeys>, clientId: string): KafkaConnection {
  const mechanism = config.KAFKA_SASL_MECHANISM;
  return {
    brokers: config.KAFKA_BROKERS,
    tls: config.KAFKA_TLS,
    tlsCa: config.KAFKA_TLS_CA,
    sasl:
      mechanism === 'none'
        ? null
        : { mechanism, username: config.KAFKA_SASL_USERNAME ?? '', password: config.KAFKA_SASL_PASSWORD ?? '' },
    clientId,
  };
}

/** Wraps kafkajs; the other classes of this library take it. */
export class KafkaClient {
  readonly connection: KafkaConnection;
  readonly logger: Logger;

  constructor(connection: KafkaConnection, logger: Logger) {
    this.connection = connection;
    this.logger = logger;
  }
}
