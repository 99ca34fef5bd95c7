/**
 * In: the environment of a system that runs, or should. Out: what is right and what is wrong with it, with what to do.
 * Holds: changes nothing; what one part does not answer keeps nobody from asking the others; no finding holds a secret.
 */
import { registryConfig } from '../../libs/kafka/registry-config.ts';
import { readConfig, type ConfigOf, type Environment } from '../../libs/runtime/config.ts';
import { signatureKeys } from '../../libs/runtime/config-keys.ts';
import { egressKeys } from '../../libs/runtime/egress-keys.ts';
import { dispatchKeys } from '../../libs/runtime/dispatch-keys.ts';
import { appNames, appPorts, type AppName } from '../apps.ts';
import { configurationProblems } from '../configuration-problems.ts';
import { sentenceOf } from '../failure.ts';
import { setupConfig } from '../setup-config.ts';
import { examineApps } from './apps.ts';
import { examineDatabase } from './database.ts';
import { inOrder, ok, trouble, type Area, type Finding } from '../../libs/domain/system/finding.ts';
import { examineKafka } from './kafka.ts';
import { examinePlatformKafka } from './platform-kafka.ts';
import { examinePooler } from './pooler.ts';
import { examineSchemas } from './schemas.ts';

export const doctorConfig = {
  ...setupConfig,
  ...egressKeys,
  ENCRYPTION_KEYS: signatureKeys.ENCRYPTION_KEYS,
  WEBHOOKS_ENABLED: dispatchKeys.WEBHOOKS_ENABLED,
} as const;

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
  const kafka = asked('kafka', 'KAFKA_BROKERS and the brokers', examineKafka(config));
  const schemas = asked('schemas', 'SCHEMA_REGISTRY_URL and the registry', examineSchemas(registryConfig(config)));
  const others = Promise.all([kafka, schemas]).then(([ofKafka, ofSchemas]) => ({
    kafka: !hasError(ofKafka, 'kafka'),
    registry: !hasError(ofSchemas, 'schemas'),
  }));
  const parts = await Promise.all([
    kafka,
    asked('kafka', 'PLATFORM_KAFKA_BROKERS and the brokers', examinePlatformKafka(config)),
    schemas,
    asked('database', 'DATABASE_URL and the server', examineDatabase(config, others)),
    examinePooler(config.DATABASE_URL),
    examineApps(urls),
  ]);
  return inOrder([...configuration, ...parts.flat()]);
}

function hasError(findings: readonly Finding[], area: Area): boolean {
  return findings.some((finding) => finding.area === area && finding.severity === 'error');
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
  const findings = [...configurationProblems(env, doctorConfig)].map(([problem, apps]) => {
    const remedy = `correct it${apps.length === 0 ? '' : ` for ${apps.join(', ')}`}; docs/reference.md has every key`;
    return trouble('configuration', 'error', problem, remedy);
  });
  return findings.length === 0 ? [ok('configuration', 'every key of every app can be read')] : findings;
}
