/**
 * In: the environment of a system that runs, or should. Out: what is right and what is wrong with it, with what to do.
 * Holds: changes nothing; what one part does not answer keeps nobody from asking the others; no finding holds a secret.
 */
import type { RegistryConfig } from '../../libs/wire/registry.ts';
import { readConfig, type ConfigOf, type Environment } from '../../libs/runtime/config.ts';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { egressKeys, signatureKeys } from '../../libs/runtime/config-keys.ts';
import { dispatchKeys } from '../../libs/runtime/dispatch-keys.ts';
import { appConfigs } from '../app-configs.ts';
import { appNames, appPorts, type AppName } from '../apps.ts';
import { sentenceOf } from '../failure.ts';
import { setupConfig } from '../setup-config.ts';
import { examineApps } from './apps.ts';
import { examineDatabase } from './database.ts';
import { inOrder, ok, trouble, type Area, type Finding } from './finding.ts';
import { examineKafka } from './kafka.ts';
import { examineSchemas } from './schemas.ts';

export const doctorConfig = {
  ...setupConfig,
  ...egressKeys,
  ENCRYPTION_KEYS: signatureKeys.ENCRYPTION_KEYS,
  WEBHOOKS_ENABLED: dispatchKeys.WEBHOOKS_ENABLED,
} as const;

const sealingConfig = { ENCRYPTION_KEYS: signatureKeys.ENCRYPTION_KEYS } as const;
const sealingApps: AppName[] = ['management-api', 'dispatcher'];

export type DoctorConfig = ConfigOf<typeof doctorConfig>;

/** Addresses of the apps; default: where they listen on this machine. */
export type AppUrls = Readonly<Record<AppName, string>>;

/** @param pattern with {app} and {port} in place of each app's name and usual port */
export function appUrls(pattern: string): AppUrls {
  return Object.fromEntries(
    appNames.map((app) => [app, pattern.replaceAll('{app}', app).replaceAll('{port}', String(appPorts[app]))]),
  ) as AppUrls;
}

/** Never rejects for what is wrong with the system. */
export async function examine(env: Environment, urls: AppUrls): Promise<readonly Finding[]> {
  const configuration = examineConfiguration(env);
  if (configuration.some(({ severity }) => severity === 'error')) return configuration;
  const config = readConfig(doctorConfig, env);
  const registry: RegistryConfig = {
    url: config.SCHEMA_REGISTRY_URL,
    username: config.SCHEMA_REGISTRY_USERNAME,
    password: config.SCHEMA_REGISTRY_PASSWORD,
    topicPrefix: config.TOPIC_PREFIX,
  };
  const parts = await Promise.all([
    asked('kafka', 'KAFKA_BROKERS and the brokers', examineKafka(config)),
    asked('schemas', 'SCHEMA_REGISTRY_URL and the registry', examineSchemas(registry)),
    asked('database', 'DATABASE_URL and the server', examineDatabase(config)),
    examineApps(urls),
  ]);
  return inOrder([...configuration, ...parts.flat()]);
}

/** What goes wrong while asking is itself a finding. */
async function asked(
  area: Area,
  whereToLook: string,
  answer: Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await answer;
  } catch (error) {
    return [trouble(area, 'error', `cannot be asked: ${sentenceOf(error)}`, `look at ${whereToLook}`)];
  }
}

function examineConfiguration(env: Environment): readonly Finding[] {
  const problems = new Map<string, AppName[]>();
  for (const app of appNames) {
    for (const problem of problemsOf(() => readConfig(appConfigs[app], env))) {
      problems.set(problem, [...(problems.get(problem) ?? []), app]);
    }
  }
  for (const problem of problemsOf(() => readConfig(doctorConfig, env))) {
    if (!problems.has(problem)) problems.set(problem, []);
  }
  for (const problem of problemsOf(() => new SecretBox(readConfig(sealingConfig, env).ENCRYPTION_KEYS))) {
    problems.set(problem, sealingApps);
  }
  const findings = [...problems].map(([problem, apps]) => {
    const remedy = `correct it${apps.length === 0 ? '' : ` for ${apps.join(', ')}`}; docs/reference.md has every key`;
    return trouble('configuration', 'error', problem, remedy);
  });
  return findings.length === 0 ? [ok('configuration', 'every key of every app can be read')] : findings;
}

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    const { problems } = error as { problems?: readonly string[] };
    return problems ?? [sentenceOf(error)];
  }
}
