/** The effective configuration of the apps as lines of text, secrets masked. Pure. */
import { describeConfig, type ConfigSpec, type Environment } from '../libs/runtime/config.ts';

export interface AppConfig {
  readonly app: string;
  readonly spec: ConfigSpec;
  readonly env: Environment;
}

/** A value that the environment says is marked, so that one sees what is not a default. */
export function configLines(apps: readonly AppConfig[]): readonly string[] {
  return apps.flatMap(({ app, spec, env }) => {
    const values = Object.entries(describeConfig(spec, env));
    const width = Math.max(...values.map(([name]) => name.length));
    const lines = values.map(([name, value]) => {
      const isSaid = env[name] !== undefined || env[`${name}_FILE`] !== undefined;
      return `  ${name.padEnd(width)}  ${isSaid ? '*' : ' '} ${value}`;
    });
    return [app, ...lines, ''];
  });
}
