/**
 * The environment of the apps under `npm start`: what the caller's environment says, and a default where it says
 * nothing. A variable that is set but empty says something. Pure.
 */
import type { Environment } from '../libs/runtime/config.ts';

export type Part = 'kafka' | 'registry' | 'postgres';

/** The variable that names a part which runs elsewhere. */
export const partVariables: Readonly<Record<Part, string>> = {
  kafka: 'KAFKA_BROKERS',
  registry: 'SCHEMA_REGISTRY_URL',
  postgres: 'DATABASE_URL',
};

export const parts = Object.keys(partVariables) as readonly Part[];

/** True when the environment says something about this variable, directly or through a file. */
export function isSaid(env: Environment, name: string): boolean {
  return env[name] !== undefined || env[`${name}_FILE`] !== undefined;
}

/** Parts that the environment does not name, and that are therefore started here. */
export function embeddedParts(env: Environment): readonly Part[] {
  return parts.filter((part) => !isSaid(env, partVariables[part]));
}

/** Opens deliveries to this machine: for development alone, hence only with an embedded part. */
const openedDefaults = {
  EGRESS_ALLOW: '127.0.0.0/8,::1/128',
  ALLOWED_URL_SCHEMES: 'https,http',
  ALLOWED_PORTS: '*',
} as const;

/** Short enough for the whole stack to be gone ten seconds after Ctrl-C. */
const drainDeadlineMs = '5000';

export interface LocalDefaults {
  /** Addresses of the embedded parts that run. */
  readonly addresses: Readonly<Partial<Record<Part, string>>>;
  /** Called only when the environment names none. */
  readonly adminKey: () => string;
  readonly encryptionKeys: () => string;
}

export interface LocalEnvironment {
  readonly env: Environment;
  /** Defaults that opened something, as NAME=value. */
  readonly opened: readonly string[];
}

export function localEnvironment(env: Environment, defaults: LocalDefaults): LocalEnvironment {
  const embedded = embeddedParts(env);
  const isEmbedded = embedded.length > 0;
  const added: Record<string, string> = {};
  const opened: string[] = [];
  const add = (name: string, value: () => string) => {
    if (!isSaid(env, name)) added[name] = value();
  };
  for (const part of embedded) add(partVariables[part], () => defaults.addresses[part] ?? '');
  if (embedded.includes('kafka')) add('TOPIC_REPLICATION', () => '1');
  add('ADMIN_API_KEY', defaults.adminKey);
  add('ENCRYPTION_KEYS', defaults.encryptionKeys);
  add('DRAIN_DEADLINE_MS', () => drainDeadlineMs);
  for (const [name, value] of isEmbedded ? Object.entries(openedDefaults) : []) {
    if (isSaid(env, name)) continue;
    added[name] = value;
    opened.push(`${name}=${value}`);
  }
  return { env: { ...env, ...added }, opened };
}
