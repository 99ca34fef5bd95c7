/** Keys that bring a certificate of ours and its private key: judged together, before anything is connected. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { makeKey, optionalKey, type ConfigKey, type KeyText } from './config.ts';
import { certificatesKey } from './name-keys.ts';

type Others = Readonly<Record<string, unknown>>;
type Text = Omit<KeyText, 'default' | 'secret'>;

/** Names of the three keys, and why none of them may be set with the others as they are; null: they may. */
export interface OwnCertificate {
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string;
  readonly whom: string;
  readonly refusal: (others: Others) => string | null;
}

export function ownCertificateKey(own: OwnCertificate): ConfigKey<string | null> {
  const text = {
    description: `Certificate of ours for ${own.whom} in PEM, and those up to its CA; empty: none is shown`,
  };
  return {
    ...certificatesKey(text),
    conflict: (value, others) => {
      if (value === null) return null;
      if (others[own.key] === null) return `is set without its key: set ${own.key}`;
      return own.refusal(others);
    },
  };
}

export function ownKeyKey(own: OwnCertificate): ConfigKey<string | null> {
  return {
    ...privateKeyKey({ description: `Its private key in PEM, as PKCS #8, PKCS #1 or SEC 1; may be encrypted` }),
    conflict: (value, others) => {
      if (value === null) return null;
      const certificate = others[own.cert];
      const passphrase = others[own.passphrase];
      // What is wrong with a key itself has been told.
      if (certificate === undefined || passphrase === undefined) return null;
      if (typeof certificate !== 'string') return `is set without its certificate: set ${own.cert}`;
      return pairProblem(value, certificate, typeof passphrase === 'string' ? passphrase : null, own);
    },
  };
}

export function ownPassphraseKey(own: OwnCertificate): ConfigKey<string | null> {
  return {
    ...optionalKey({ description: `What ${own.key} is encrypted with`, secret: true }),
    conflict: (value, others) => (value !== null && others[own.key] === null ? `is set without ${own.key}` : null),
  };
}

/** One private key in PEM; empty means null. */
function privateKeyKey(text: Text): ConfigKey<string | null> {
  return makeKey({ ...text, default: '', secret: true }, (value) => {
    if (value === '') return null;
    const blocks = value.match(/-----BEGIN (?:ENCRYPTED |RSA |EC )?PRIVATE KEY-----[^]+?-----END [A-Z ]+-----/g) ?? [];
    if (blocks.length === 1 && value.match(/-----BEGIN/g)?.length === 1) return value;
    throw new Error('must be one private key in PEM (-----BEGIN PRIVATE KEY-----) and nothing else, not a file name');
  });
}

function pairProblem(key: string, cert: string, passphrase: string | null, own: OwnCertificate): string | null {
  const isEncrypted = /ENCRYPTED/.test(key);
  if (isEncrypted && passphrase === null) return `is encrypted: set ${own.passphrase}`;
  let read: KeyObject;
  try {
    read = readPrivateKey(key, passphrase);
  } catch {
    return isEncrypted ? `cannot be read with ${own.passphrase}: one of them is wrong` : 'cannot be read: make it anew';
  }
  return new X509Certificate(cert).checkPrivateKey(read)
    ? null
    : `is not the key of the first certificate in ${own.cert}`;
}

/** @throws what node:crypto throws */
export function readPrivateKey(key: string, passphrase: string | null): KeyObject {
  return createPrivateKey(passphrase === null ? key : { key, passphrase });
}
