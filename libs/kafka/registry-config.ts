/** The registry as the environment names it, and how it knows who asks. */
import type { ConfigOf } from '../runtime/config.ts';
import type { connectionKeys, registryKeys } from '../runtime/config-keys.ts';
import type { ClientTls } from '../wire/http-question.ts';
import type { RegistryConfig } from '../wire/registry.ts';
import { fetchToken } from './cluster/client-credentials.ts';
import { FreshToken } from './cluster/fresh-token.ts';
import { ownTls } from './cluster/own-tls.ts';

export function registryConfig(
  config: ConfigOf<typeof registryKeys> & Pick<ConfigOf<typeof connectionKeys>, 'TOPIC_PREFIX'>,
): RegistryConfig {
  return {
    url: config.SCHEMA_REGISTRY_URL,
    username: config.SCHEMA_REGISTRY_USERNAME,
    password: config.SCHEMA_REGISTRY_PASSWORD,
    token: tokenOf(config),
    tls: tlsOf(config),
    longIds: config.SCHEMA_REGISTRY_LONG_IDS,
    topicPrefix: config.TOPIC_PREFIX,
  };
}

function tokenOf(config: ConfigOf<typeof registryKeys>): (() => Promise<string>) | null {
  const { SCHEMA_REGISTRY_TOKEN: fixed, SCHEMA_REGISTRY_OAUTH_TOKEN_URL: tokenUrl } = config;
  if (fixed !== null) return () => Promise.resolve(fixed);
  if (tokenUrl === null) return null;
  const credentials = {
    tokenUrl,
    clientId: config.SCHEMA_REGISTRY_OAUTH_CLIENT_ID ?? '',
    clientSecret: config.SCHEMA_REGISTRY_OAUTH_CLIENT_SECRET ?? '',
    scope: config.SCHEMA_REGISTRY_OAUTH_SCOPE,
    parameters: config.SCHEMA_REGISTRY_OAUTH_PARAMETERS,
    ca: config.SCHEMA_REGISTRY_OAUTH_CA,
  };
  return new FreshToken(() => fetchToken(credentials)).get;
}

function tlsOf(config: ConfigOf<typeof registryKeys>): ClientTls | null {
  return ownTls({
    ca: config.SCHEMA_REGISTRY_TLS_CA,
    cert: config.SCHEMA_REGISTRY_TLS_CERT,
    key: config.SCHEMA_REGISTRY_TLS_KEY,
    passphrase: config.SCHEMA_REGISTRY_TLS_KEY_PASSPHRASE,
  });
}
