/** Where an app answers what whoever runs it asks. */
import { optionalHostKey } from './address-keys.ts';
import { booleanKey, numberKey, readConfig, type Environment } from './config.ts';

export const operationsKeys = {
  OPERATIONS_HOST: optionalHostKey({ description: 'Address to listen on with OPERATIONS_PORT; empty: HTTP_HOST' }),
  OPERATIONS_PORT: numberKey({
    description: 'Port that alone serves /health and /metrics; 0: HTTP_PORT serves them too',
    default: '0',
    min: 0,
    max: 65_535,
  }),
  METRICS_OLD_NAMES: booleanKey({
    description:
      'Tells durations in milliseconds too, under their old names (_ms); the next release has them in seconds alone',
    default: 'true',
  }),
} as const;

/** Null: they are on the port of the app. */
export function operationsAddress(env: Environment, main: { host: string; port: number }) {
  const { OPERATIONS_HOST, OPERATIONS_PORT: port } = readConfig(operationsKeys, env);
  const host = OPERATIONS_HOST ?? main.host;
  if (port === 0 || (port === main.port && host === main.host)) return null;
  return { host, port };
}
