/** The registry as an app has it: what records wait for is told at once, in the log and in readiness. */
import type { ConfigOf } from '../runtime/config.ts';
import type { connectionKeys, registryKeys } from '../runtime/config-keys.ts';
import type { Health } from '../runtime/health.ts';
import type { Logger } from '../runtime/logger.ts';
import { Registry } from '../wire/registry.ts';
import { registryConfig } from './registry-config.ts';
import { TroubleLog } from './trouble-log.ts';

export interface RegistryWatch {
  readonly logger: Logger;
  readonly health: Health;
}

export function watchedRegistry(
  config: ConfigOf<typeof connectionKeys & typeof registryKeys>,
  { logger, health }: RegistryWatch,
): Registry {
  const trouble = new TroubleLog(logger);
  const registry = new Registry({
    ...registryConfig(config),
    onTrouble: (error, schemaId) => {
      trouble.say(error, 'a schema that records wait for is not to be had, asking again', { schemaId });
    },
  });
  health.add('schema registry', () => registry.problem());
  return registry;
}
