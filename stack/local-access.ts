/** How to reach a system that `npm start` started, or the one that the environment names. */
import type { Environment } from '../libs/runtime/config.ts';
import { adminKeys } from '../libs/runtime/config-keys.ts';
import { readConfig } from '../libs/runtime/config.ts';
import { ApiClient } from './api-client.ts';
import { appPorts } from './apps.ts';
import { kafkaPort } from './embedded/kafka.ts';
import { postgresPort } from './embedded/postgres.ts';
import { registryPort } from './embedded/registry.ts';
import { embeddedParts, localEnvironment, parts, type LocalDefaults } from './environment.ts';
import { environmentOfRunning } from './running-stack.ts';
import { adminKey, encryptionKeys, keptAdminKey, keptEncryptionKeys } from './secrets.ts';

export const apiUrl = `http://127.0.0.1:${appPorts['management-api']}`;

/** Where the keys of a local installation come from. */
type Keys = Pick<LocalDefaults, 'adminKey' | 'encryptionKeys'>;

/** Made where there are none yet. */
const madeKeys: Keys = { adminKey, encryptionKeys };
/** For whoever must change nothing: empty where there are none yet. */
export const keptKeys: Keys = { adminKey: keptAdminKey, encryptionKeys: keptEncryptionKeys };

/** As `npm start` would set it, without starting anything. */
export function presentEnvironment(keys = madeKeys, env: Environment = process.env): Environment {
  const addresses = {
    kafka: `127.0.0.1:${kafkaPort}`,
    registry: `http://127.0.0.1:${registryPort}/apis/ccompat/v7`,
    postgres: `postgresql://webhooks:webhooks@127.0.0.1:${postgresPort}/webhooks`,
  };
  return localEnvironment(env, { addresses, ...keys }).env;
}

/**
 * Of the `npm start` that runs here, with what it was given: another terminal does not have that. An environment that names a
 * part is about another system, and stands alone.
 */
export function runningEnvironment(keys = madeKeys): Environment {
  const isElsewhere = embeddedParts(process.env).length < parts.length;
  const given = isElsewhere ? null : environmentOfRunning();
  return presentEnvironment(keys, { ...given, ...process.env });
}

/** With the admin key of this environment; null when it names none. */
export function adminApi(env: Environment): ApiClient | null {
  const { ADMIN_API_KEY: key } = readConfig(adminKeys, env);
  return key === null ? null : new ApiClient(apiUrl, key);
}
