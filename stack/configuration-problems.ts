/** What is wrong with the configuration of everything here, together, before anything is started or asked. */
import { ConfigError, readConfig, type ConfigSpec, type Environment } from '../libs/runtime/config.ts';
import { appConfigs } from './app-configs.ts';
import { appNames, portsOf, type AppName } from './apps.ts';
import { partVariables } from './environment.ts';
import { setupConfig } from './setup-config.ts';

/** Problems in words, with the apps that have each; none for what only setup and the tools read. */
export function configurationProblems(
  env: Environment,
  others: ConfigSpec = setupConfig,
): ReadonlyMap<string, readonly AppName[]> {
  const problems = new Map<string, readonly AppName[]>();
  for (const app of appNames) {
    for (const problem of problemsOf(appConfigs[app], env))
      problems.set(problem, [...(problems.get(problem) ?? []), app]);
  }
  for (const problem of problemsOf(others, env)) if (!problems.has(problem)) problems.set(problem, []);
  return problems;
}

/** For a system whose apps are started here, each on its own port. @throws ConfigError with everything that is wrong */
export function requireConfiguration(env: Environment): void {
  // Those of the apps are ours, whatever the environment says.
  const problems = [...configurationProblems({ ...env, ...portsOf('fanout') })];
  if (problems.length > 0) throw new ConfigError(problems.map(([problem]) => withWayOut(problem)));
}

function withWayOut(problem: string): string {
  const isPart = Object.values(partVariables).some((name) => problem.startsWith(`${name} `));
  return isPart ? `${problem}; or unset it to use the embedded one` : problem;
}

function problemsOf(spec: ConfigSpec, env: Environment): readonly string[] {
  try {
    readConfig(spec, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
