/** The way into kafkajs: a connection described by configuration, and clients with the remedies applied. */
import './kafkajs-patches.ts';
import { Kafka, logLevel, type Admin, type SASLOptions } from 'kafkajs';
import type { ConfigOf } from '../runtime/config.ts';
import type { connectionKeys } from '../runtime/config-keys.ts';
import type { Logger } from '../runtime/logger.ts';
import { ClusterLink } from './cluster-link.ts';
import { kafkajsLog } from './kafkajs-log.ts';
import { KafkaProducerLink, type ProducerLink } from './producer-link.ts';
import { Sockets } from './sockets.ts';

export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly tls: boolean;
  /** PEM; null: the system's authorities. */
  readonly tlsCa: string | null;
  readonly sasl: SaslLogin | null;
  readonly clientId: string;
  /** Member of its consumer groups under this name, now and after a restart; no other process may have it. */
  readonly instanceId?: string | null;
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
    instanceId: config.KAFKA_INSTANCE_ID,
  };
}

/** How old what is known of topics and brokers may become: new partitions are noticed within it. */
const metadataMaxAgeMs = 5_000;
const connectionTimeoutMs = 5_000;
/** A lost connection is tried again soon: brokers restart in seconds, and Kafka's back-off of 300 ms doubles quickly. */
const firstRetryMs = 20;
const longestRetryMs = 1_000;
/** Retries inside kafkajs, about a second: whoever asked tries on, and can be stopped in between. */
const retries = 6;

/**
 * Wraps kafkajs; the other classes of this library take it. Each of the things below has its own connections: kafkajs
 * shares the committed offsets of a group between all consumers of one client.
 */
export class KafkaClient {
  readonly connection: KafkaConnection;
  private readonly log: ReturnType<typeof kafkajsLog>;

  constructor(connection: KafkaConnection, logger: Logger) {
    this.connection = connection;
    this.log = kafkajsLog(logger);
  }

  link(): ClusterLink {
    const sockets = new Sockets();
    return new ClusterLink(this.kafka(sockets), sockets, metadataMaxAgeMs, this.connection.instanceId ?? null);
  }

  producerLink(): ProducerLink {
    const sockets = new Sockets();
    return new KafkaProducerLink(this.kafka(sockets), sockets, metadataMaxAgeMs);
  }

  admin(): Admin {
    return this.kafka(new Sockets()).admin();
  }

  private kafka(sockets: Sockets): Kafka {
    const { brokers, clientId, tls, tlsCa, sasl } = this.connection;
    return new Kafka({
      brokers: [...brokers],
      clientId,
      ...(tls ? { ssl: tlsCa === null ? {} : { ca: [tlsCa] } } : {}),
      ...(sasl === null ? {} : { sasl: sasl as SASLOptions }),
      socketFactory: sockets.factory,
      connectionTimeout: connectionTimeoutMs,
      retry: { initialRetryTime: firstRetryMs, maxRetryTime: longestRetryMs, retries },
      logLevel: logLevel.WARN,
      logCreator: () => this.log,
    });
  }
}
