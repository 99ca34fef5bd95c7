/**
 * Whose certificates this process trusts: of endpoints, Kafka, the registry and whatever else brings no CA of its own.
 * Node.js has a bundle and does not look at the operating system's.
 */
// By their namespace: the command line runs in Node.js 20 too, which has neither function.
import * as tls from 'node:tls';
import { ConfigError, makeKey, readConfig, type ConfigKey, type Environment } from './config.ts';
import { certificatesKey } from './name-keys.ts';

/** `bundled`, `system`, or certificates in PEM. */
const authoritiesKey = (description: string): ConfigKey<string> => {
  const pem = certificatesKey({ description });
  const isWord = (value: string) => value === 'bundled' || value === 'system';
  const key = makeKey({ description, default: 'bundled' }, (value) => {
    if (isWord(value)) return value;
    if (value === '' || !value.includes('-----BEGIN'))
      throw new Error('must be bundled, system, or certificates in PEM; a file is named by TLS_CA_FILE');
    return pem.parse(value) ?? 'bundled';
  });
  return { ...key, shown: (value) => (isWord(value) ? value : (pem.shown?.(value) ?? '')) };
};

export const authorityKeys = {
  TLS_CA: authoritiesKey(
    'CAs that are trusted where no other key names one: those bundled with Node.js, with system those of the operating system too, or certificates in PEM beside the bundled ones',
  ),
} as const;

/** To be called before anything is connected. @throws ConfigError */
export function trustAuthorities(env: Environment): void {
  const { TLS_CA: wanted } = readConfig(authorityKeys, env);
  if (wanted === 'bundled') return;
  if (!('setDefaultCACertificates' in tls)) {
    throw new ConfigError(['TLS_CA takes Node.js 24: here, set NODE_EXTRA_CA_CERTS to the name of a file instead']);
  }
  // What NODE_EXTRA_CA_CERTS names is among the default ones.
  const more = wanted === 'system' ? tls.getCACertificates('system') : [wanted];
  tls.setDefaultCACertificates([...new Set([...tls.getCACertificates('default'), ...more])]);
}
