/** The way into kafkajs: a connection described by configuration, and clients with the remedies applied. */
import '../kafkajs/kafkajs-patches.ts';
import { Kafka, logLevel, type Admin, type SASLOptions } from 'kafkajs';
import type { ConfigOf } from '../../runtime/config.ts';
import type { connectionKeys } from '../../runtime/config-keys.ts';
import type { Logger } from '../../runtime/logger.ts';
import { fetchToken } from './client-credentials.ts';
import { ClusterLink } from './cluster-link.ts';
import type { Compression } from '../batch/compression.ts';
import { FreshToken } from './fresh-token.ts';
import { kafkajsLog } from '../kafkajs/kafkajs-log.ts';
import { signMskToken } from './msk-token.ts';
import { ownTls } from './own-tls.ts';
import { KafkaProducerLink, type ProducerLink } from '../producer/producer-link.ts';
import { Sockets } from './sockets.ts';

export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly tls: boolean;
  /** PEM; null: those of Node.js. */
  readonly tlsCa: string | null;
  /** Shown to brokers that ask for it; the key is not encrypted. Default: none */
  readonly tlsOwn?: { readonly cert: string; readonly key: string } | null;
  readonly sasl: SaslLogin | null;
  readonly clientId: string;
  /** Member of its consumer groups under this name, now and after a restart; no other process may have it. */
  readonly instanceId?: string | null;
  /** Of what is produced. Default: none */
  readonly compression?: Compression;
}

export type SaslLogin =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      /** Asked for each session: it keeps the token for as long as it lasts. */
      readonly token: () => Promise<string>;
      readonly extensions: Readonly<Record<string, string>>;
    };

/** From the configuration of an app. */
export function kafkaConnection(config: ConfigOf<typeof connectionKeys>, clientId: string): KafkaConnection {
  const { KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key, KAFKA_TLS_KEY_PASSPHRASE: passphrase } = config;
  const own = ownTls({ ca: null, cert, key, passphrase });
  return {
    brokers: config.KAFKA_BROKERS,
    tls: config.KAFKA_TLS,
    tlsCa: config.KAFKA_TLS_CA,
    tlsOwn: own?.cert === undefined || own.key === undefined ? null : { cert: own.cert, key: own.key },
    sasl: saslLogin(config),
    clientId,
    instanceId: config.KAFKA_INSTANCE_ID,
    compression: config.KAFKA_COMPRESSION,
  };
}

function saslLogin(config: ConfigOf<typeof connectionKeys>): SaslLogin | null {
  const mechanism = config.KAFKA_SASL_MECHANISM;
  switch (mechanism) {
    case 'none':
      return null;
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      return { mechanism, username: config.KAFKA_SASL_USERNAME ?? '', password: config.KAFKA_SASL_PASSWORD ?? '' };
    case 'oauthbearer': {
      const credentials = {
        tokenUrl: config.KAFKA_OAUTH_TOKEN_URL ?? '',
        clientId: config.KAFKA_OAUTH_CLIENT_ID ?? '',
        clientSecret: config.KAFKA_OAUTH_CLIENT_SECRET ?? '',
        scope: config.KAFKA_OAUTH_SCOPE,
        parameters: config.KAFKA_OAUTH_PARAMETERS,
        ca: config.KAFKA_OAUTH_CA,
      };
      const { get: token } = new FreshToken(() => fetchToken(credentials));
      return { mechanism, token, extensions: config.KAFKA_OAUTH_EXTENSIONS };
    }
    case 'aws-msk-iam': {
      const { get: token } = new FreshToken(() => signMskToken(config.KAFKA_AWS_REGION ?? ''));
      return { mechanism: 'oauthbearer', token, extensions: {} };
    }
  }
}

/** As kafkajs takes it, for whoever makes a client of its own. */
export function clientOptions({ brokers, clientId, tls, tlsCa, tlsOwn, sasl }: KafkaConnection) {
  return {
    brokers: [...brokers],
    clientId,
    ...(tls ? { ssl: { ...(tlsCa === null ? {} : { ca: [tlsCa] }), ...tlsOwn } } : {}),
    ...(sasl === null ? {} : { sasl: saslOptions(sasl) }),
  };
}

function saslOptions(sasl: SaslLogin): SASLOptions {
  if (sasl.mechanism !== 'oauthbearer') return sasl;
  const { mechanism, token, extensions } = sasl;
  return { mechanism, oauthBearerProvider: async () => ({ value: await token(), extensions }) };
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

  admin(sockets = new Sockets()): Admin {
    return this.kafka(sockets).admin();
  }

  private kafka(sockets: Sockets): Kafka {
    return new Kafka({
      ...clientOptions(this.connection),
      socketFactory: sockets.factory,
      connectionTimeout: connectionTimeoutMs,
      retry: { initialRetryTime: firstRetryMs, maxRetryTime: longestRetryMs, retries },
      logLevel: logLevel.WARN,
      logCreator: () => this.log,
    });
  }
}
