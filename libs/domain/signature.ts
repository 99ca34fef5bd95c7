/**
 * Signatures of deliveries, by the Standard Webhooks specification 1.0.0 ("Signature scheme" and "Webhook headers"):
 * HMAC-SHA256 (`v1`) with a `whsec_` secret, ed25519 (`v1a`) with a `whsk_` secret, and beside them the simple header
 * `t=<unix seconds>,v1=<hex>` over `<t>.<body>`. Every live secret signs, the newest first, so that a rotation
 * breaks no receiver.
 */
import { createHmac, createPrivateKey, createPublicKey, createSecretKey, sign, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from './webhook.ts';

/** A decoded secret. Decoding costs more than signing, so keep it beside the webhook that it belongs to. */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
}

/** A secret that is in none of the specification's forms. Its message never shows the secret. */
export class SecretFormatError extends Error {
  readonly code = 'invalid_secret';
  readonly retryable = false;
}

const hmacPrefix = 'whsec_';
const privatePrefix = 'whsk_';
const publicPrefix = 'whpk_';
/** Bytes of a symmetric secret (Standard Webhooks, table "Signature scheme": 192 to 512 bits). */
const hmacBytes = { min: 24, max: 64 };
const seedBytes = 32;
/** PKCS #8 of an ed25519 private key up to its 32 bytes of seed (RFC 8410, section 7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Decodes a secret in its `whsec_` or `whsk_` form. @throws SecretFormatError */
export function prepareSigningKey(secret: string): SigningKey {
  if (secret.startsWith(hmacPrefix)) {
    const bytes = decodeBase64(secret.slice(hmacPrefix.length));
    if (bytes.length < hmacBytes.min || bytes.length > hmacBytes.max) {
      throw new SecretFormatError(`a ${hmacPrefix} secret has ${hmacBytes.min} to ${hmacBytes.max} bytes`);
    }
    return { algorithm: 'hmac-sha256', key: createSecretKey(bytes) };
  }
  if (secret.startsWith(privatePrefix)) {
    const bytes = decodeBase64(secret.slice(privatePrefix.length));
    // Some libraries keep the public half behind the seed: 64 bytes.
    if (bytes.length !== seedBytes && bytes.length !== 2 * seedBytes) {
      throw new SecretFormatError(`a ${privatePrefix} secret has ${seedBytes} or ${2 * seedBytes} bytes`);
    }
    const der = Buffer.concat([pkcs8Head, bytes.subarray(0, seedBytes)]);
    return { algorithm: 'ed25519', key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
  }
  throw new SecretFormatError(`a secret begins with ${hmacPrefix} or ${privatePrefix}`);
}

/** A secret for the algorithm from 32 random bytes. */
export function secretFrom(algorithm: SignatureAlgorithm, random: Buffer): string {
  if (random.length !== seedBytes) throw new RangeError(`a secret is made from ${seedBytes} random bytes`);
  return (algorithm === 'ed25519' ? privatePrefix : hmacPrefix) + random.toString('base64');
}

/** The `whpk_` form that receivers verify with; null for a symmetric secret, which has no public half. */
export function publicKeyOf(secret: SigningKey): string | null {
  if (secret.algorithm !== 'ed25519') return null;
  const der = createPublicKey(secret.key).export({ format: 'der', type: 'spki' });
  return publicPrefix + der.subarray(der.length - seedBytes).toString('base64');
}

export interface SignedMessage {
  /** `webhook-id`; must contain no full stop. */
  readonly id: string;
  /** `webhook-timestamp`: Unix seconds, whole. */
  readonly timestampS: number;
  /** The exact bytes that are sent. */
  readonly body: Buffer;
  /** Live secrets, newest first. */
  readonly secrets: readonly SigningKey[];
}

/** The value of `webhook-signature`: one signature per secret over `<id>.<timestamp>.<body>`, space separated. */
export function signStandardWebhooks(message: SignedMessage): string {
  const prefix = `${message.id}.${message.timestampS}.`;
  return message.secrets
    .map((secret) => `${version(secret)},${signature(secret, prefix, message.body, 'base64')}`)
    .join(' ');
}

/**
 * The value of the simple signature header: `t=<unix seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 over
 * `<t>.<body>` keyed by the decoded secret. An ed25519 secret gives `v1a=<hex>` of its signature over the same bytes.
 * During a rotation the older secrets follow as further `v1=` items.
 */
export function signSimple(secrets: readonly SigningKey[], timestampS: number, body: Buffer): string {
  const prefix = `${timestampS}.`;
  const items = secrets.map((secret) => `${version(secret)}=${signature(secret, prefix, body, 'hex')}`);
  return [`t=${timestampS}`, ...items].join(',');
}

function version(secret: SigningKey): 'v1' | 'v1a' {
  return secret.algorithm === 'ed25519' ? 'v1a' : 'v1';
}

function signature(secret: SigningKey, prefix: string, body: Buffer, encoding: 'base64' | 'hex'): string {
  if (secret.algorithm === 'hmac-sha256') {
    return createHmac('sha256', secret.key).update(prefix).update(body).digest(encoding);
  }
  // Ed25519 reads its message twice (RFC 8032, section 5.1.6), so it must be in one piece.
  return sign(null, Buffer.concat([Buffer.from(prefix), body]), secret.key).toString(encoding);
}

/** Base64, padded or not; Buffer.from alone would skip over any character that it does not know. */
function decodeBase64(text: string): Buffer {
  const plain = text.replace(/={0,2}$/, '');
  if (!/^[A-Za-z0-9+/]+$/.test(plain) || plain.length % 4 === 1) {
    throw new SecretFormatError('a secret is base64 after its prefix');
  }
  return Buffer.from(plain, 'base64');
}
