/** Every configuration key there is, once: apps pick the ones they read. Checked against docs/reference.md. */
import { hostKey, rangesKey, serversKey } from './address-keys.ts';
import { authorityKeys } from './authorities.ts';
import { booleanKey, choiceKey, credentialKey, listKey, numberKey, optionalKey } from './config.ts';
import { kafkaAccessKeys, registryAccessKeys } from './kafka-keys.ts';
import { encryptionKeysKey, headerNameKey, memberNameKey, topicPrefixKey, topicsKey } from './name-keys.ts';
import { databaseUrlKey, httpUrlKey, originsKey } from './url-keys.ts';
import { operationsKeys } from './operations-keys.ts';
import { smtpKeys } from './smtp-keys.ts';

export const connectionKeys = {
  KAFKA_BROKERS: serversKey({ description: 'Kafka brokers as host:port', default: '127.0.0.1:19092' }),
  KAFKA_TLS: booleanKey({ description: 'Connect to Kafka with TLS', default: 'false' }),
  ...kafkaAccessKeys('', 'Kafka'),
  ...authorityKeys,
  KAFKA_INSTANCE_ID: memberNameKey({
    description:
      'Name of this process among those of its app, the same at its next start, so that after a crash it goes on at once; empty: none',
  }),
  KAFKA_COMPRESSION: choiceKey({
    description:
      'Compression of the batches that are produced: none, gzip, or zstd, which takes Kafka 2.1; what is read may have any',
    default: 'none',
    choices: ['none', 'gzip', 'zstd'],
  }),
  TOPIC_PREFIX: topicPrefixKey({ description: 'Goes before the name of every topic and consumer group', default: '' }),
  LOG_LEVEL: choiceKey({
    description: 'Least level that is logged',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
  }),
} as const;

export const registryKeys = {
  SCHEMA_REGISTRY_URL: httpUrlKey({
    description: 'Confluent-compatible schema registry',
    default: 'http://127.0.0.1:18081/apis/ccompat/v7',
    logins: 'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD',
  }),
  ...registryAccessKeys,
  SCHEMA_REGISTRY_LONG_IDS: choiceKey({
    description:
      'What ids of eight bytes in values are, as Apicurio writes them; agree: read only those that name one schema either way',
    default: 'agree',
    choices: ['agree', 'globalId', 'contentId'],
  }),
} as const;

export const databaseKeys = {
  DATABASE_URL: databaseUrlKey({
    description: 'PostgreSQL; sslmode in the query switches TLS',
    default: 'postgresql://webhooks:webhooks@127.0.0.1:15432/webhooks',
  }),
  DATABASE_POOL_MAX: numberKey({
    description:
      'Connections of one process; management-api has ten more, for who calls, for its own work and for GET /v1/system',
    default: '8',
    min: 2,
    max: 100,
  }),
} as const;

export const topicKeys = {
  TOPIC_PARTITIONS: numberKey({ description: 'Partitions of each topic', default: '12', min: 1, max: 1000 }),
  TOPIC_REPLICATION: numberKey({
    description: 'Replicas of each topic; from 3 on min.insync.replicas is 2',
    default: '3',
    min: 1,
    max: 9,
  }),
  PLATFORM_TOPICS: topicsKey({
    description:
      "Topics that bring platform events, beside platform.events of the system's own; an item between slashes is a regular expression",
    default: 'platform.events',
  }),
} as const;

export const mappingKeys = {
  PLATFORM_MAPPINGS: optionalKey({
    description:
      'File (YAML or JSON) that says how records that are no CloudEvents become events, by topic; empty: none',
  }),
} as const;

export const eventKeys = {
  UNKNOWN_EVENT_TYPES: choiceKey({
    description: 'An event whose type is not in the catalogue',
    default: 'accept',
    choices: ['accept', 'reject'],
  }),
  MAX_PAYLOAD_SIZE_KB: numberKey({ description: 'Largest event', unit: 'KiB', default: '256', min: 1, max: 900 }),
  SENSITIVE_FIELDS: listKey({
    description: 'Names of fields that are masked in every event, case does not count',
    default:
      'password,passwd,pwd,secret,token,accessToken,refreshToken,apiKey,authorization,cookie,cardNumber,cvv,cvc,pin,ssn,privateKey,clientSecret',
  }),
  HISTORY_RETENTION_DAYS: numberKey({
    description: 'How long history is kept',
    unit: 'days',
    default: '30',
    min: 1,
    max: 3650,
  }),
} as const;

export const copyKeys = {
  COPY_WINDOW_MINUTES: numberKey({
    description:
      'A copy of an event that comes within so long is not posted again to webhooks that have it; 0: every copy is posted',
    unit: 'min',
    default: '10',
    min: 0,
    max: 1_440,
  }),
  COPY_WINDOW_EVENTS_MAX: numberKey({
    description: 'Events whose copies are known at most, 45 bytes each; with more the window is shorter',
    default: '500000',
    min: 1,
    max: 20_000_000,
  }),
} as const;

export const signatureKeys = {
  SIGNATURE_HEADER: headerNameKey({
    description: 'Name of the second signature header; empty: off',
    default: 'X-DeeperHub-Signature',
  }),
  ENCRYPTION_KEYS: encryptionKeysKey({
    description: 'id:base64 of 32 bytes, comma separated; the first one encrypts, all decrypt',
  }),
} as const;

export const webhookDefaultKeys = {
  DEFAULT_HTTP_TIMEOUT_MS: numberKey({
    description: 'Deadline of one attempt',
    unit: 'ms',
    default: '5000',
    min: 100,
    max: 30_000,
  }),
  DEFAULT_SIGNATURE_ALGORITHM: choiceKey({
    description: 'Signature of a webhook that names none',
    default: 'hmac-sha256',
    choices: ['hmac-sha256', 'ed25519'],
  }),
} as const;

export const monitorKeys = {
  AUTO_DEACTIVATION_ENABLED: booleanKey({ description: 'Disable webhooks that keep failing', default: 'true' }),
  AUTO_DEACTIVATION_FAILURE_THRESHOLD: numberKey({
    description: 'Consecutive failed attempts',
    default: '20',
    min: 1,
    max: 10_000,
  }),
  AUTO_DEACTIVATION_MIN_MINUTES: numberKey({
    description: 'over at least',
    unit: 'min',
    default: '60',
    min: 0,
    max: 43_200,
  }),
  AUTO_DEACTIVATION_FAILURE_PERCENT: numberKey({
    description:
      'Part of the attempts within the window below from which on the rate of failures disables too; 0: never',
    unit: '%',
    default: '95',
    min: 0,
    max: 100,
    whole: false,
  }),
  AUTO_DEACTIVATION_RATE_ATTEMPTS: numberKey({
    description: 'of so many attempts at least, and of as many as disable in a row',
    default: '100',
    min: 1,
    max: 1_000_000,
  }),
  AUTO_DEACTIVATION_RATE_WINDOW_MINUTES: numberKey({
    description:
      'How far back attempts count for it; failures have to last AUTO_DEACTIVATION_MIN_MINUTES, or half the window where that is less',
    unit: 'min',
    default: '120',
    min: 1,
    max: 1440,
  }),
  HEALTH_CHECK_INTERVAL_MINUTES: numberKey({
    description:
      'Between pings of a webhook that failures disabled; each that fails doubles it, up to a day. As often silent webhooks are looked for',
    unit: 'min',
    default: '15',
    min: 0.01,
    max: 1440,
    whole: false,
  }),
  SILENT_WEBHOOK_HOURS: numberKey({
    description: 'An active webhook that nothing was sent to for so long is pinged, once in as long; 0: never',
    unit: 'h',
    default: '24',
    min: 0,
    max: 720,
    whole: false,
  }),
  AUTO_HEAL_ENABLED: booleanKey({ description: 'Enable again after good pings', default: 'true' }),
  AUTO_HEAL_PINGS: numberKey({
    description: 'So many in a row; then the webhook is drained at a pace that grows for one more interval',
    default: '3',
    min: 1,
    max: 100,
  }),
  AUDIT_RETENTION_DAYS: numberKey({
    description: 'How long entries of the audit log are kept, two days at least; 0: for ever',
    unit: 'days',
    default: '0',
    min: 0,
    max: 36_500,
  }),
} as const;

export const mailKeys = smtpKeys;

export const adminKeys = {
  ADMIN_API_KEY: credentialKey({ description: 'The first admin key; empty: none but those in the database' }),
} as const;

export const proxyKeys = {
  API_TRUSTED_PROXIES: rangesKey(
    {
      description: 'Addresses or CIDRs of proxies before the API, whose X-Forwarded-For is believed',
      default: '',
    },
    // Words of the server's own for ranges that everybody has.
    ['loopback', 'linklocal', 'uniquelocal'],
  ),
} as const;

export const corsKeys = {
  API_CORS_ORIGINS: originsKey({
    description:
      'Origins whose pages may ask the API from a browser, each exactly as the browser sends it; empty: none',
    default: '',
  }),
} as const;

/** 0 switches a limit of requests off. Each process counts for itself. */
export const apiLimitKeys = {
  API_RATE_LIMIT_PER_SECOND: numberKey({
    description:
      'Requests of one key of a client with the portal sessions that it opened, or of one other portal session; 0: no limit',
    unit: '1/s',
    default: '100',
    min: 0,
    max: 100_000,
  }),
  API_RATE_LIMIT_OPERATOR_PER_SECOND: numberKey({
    description: 'Requests of one key of no client; 0: no limit',
    unit: '1/s',
    default: '5000',
    min: 0,
    max: 100_000,
  }),
  API_RATE_LIMIT_UNKNOWN_PER_SECOND: numberKey({
    description: 'Different unknown keys from one address (IPv6: one /64); 0: no limit',
    unit: '1/s',
    default: '50',
    min: 0,
    max: 100_000,
  }),
  API_RATE_LIMIT_BURST_SECONDS: numberKey({
    description: 'What a key or an address may save up while it is quiet, in seconds of its limit',
    unit: 's',
    default: '5',
    min: 0.1,
    max: 3600,
    whole: false,
  }),
} as const;

/** The ports of an app's HTTP servers and the addresses they listen on. */
export function httpKeys(port: number) {
  return {
    ...operationsKeys,
    HTTP_HOST: hostKey({ description: 'Address to listen on', default: '127.0.0.1' }),
    HTTP_PORT: numberKey({ description: 'Port to listen on', default: String(port), min: 0, max: 65_535 }),
  } as const;
}
