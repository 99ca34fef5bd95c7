/** The six apps, in the order in which data flows, and where each listens (design: health, metrics, API). */
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';

export const appPorts = {
  'management-api': 3000,
  fanout: 3001,
  dispatcher: 3002,
  'retry-scheduler': 3003,
  projector: 3004,
  monitor: 3005,
} as const;

export type AppName = keyof typeof appPorts;

export const appNames = Object.keys(appPorts) as readonly AppName[];

/** Of an app on this machine, whatever the environment says: six cannot share a port, so each answers operations on its own. */
export function portsOf(app: AppName): Readonly<Record<string, string | undefined>> {
  return {
    HTTP_PORT: String(appPorts[app]),
    HTTP_PORT_FILE: undefined,
    OPERATIONS_PORT: '0',
    OPERATIONS_PORT_FILE: undefined,
  };
}

export function appScript(app: AppName): string {
  return join(repositoryRoot, 'dist', 'apps', app, 'main.js');
}
