/**
 * Signatures of deliveries, by the Standard Webhooks specification 1.0.0 ("Signature scheme" and "Webhook headers"):
 * HMAC-SHA256 (`v1`) with a `whsec_` secret, ed25519 (`v1a`) with a `whsk_` secret, and beside them the simple header
 * `t=<unix seconds>,v1=<hex>` over `<t>.<body>`. Every live secret signs, the newest first, so that a rotation
 * breaks no receiver.
 */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { HmacKey } from './hmac-key.ts';
import { pkcs8Head, readSecret, SecretFormatError, secretPrefixes, seedBytes } from './secret-form.ts';
import type { SignatureAlgorithm } from '../webhook/webhook.ts';

/** A decoded secret. Decoding costs more than signing, so keep it beside the webhook that it belongs to. */
export type SigningKey =
  | { readonly algorithm: 'hmac-sha256'; readonly key: HmacKey }
  | { readonly algorithm: 'ed25519'; readonly key: KeyObject };

/** Decodes a secret in its `whsec_` or `whsk_` form. @throws SecretFormatError */
export function prepareSigningKey(secret: string): SigningKey {
  const form = readSecret(secret);
  switch (form.kind) {
    case 'hmac':
      return { algorithm: 'hmac-sha256', key: new HmacKey(Buffer.from(form.bytes)) };
    case 'private': {
      const der = Buffer.concat([pkcs8Head, form.seed]);
      return { algorithm: 'ed25519', key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
    }
    case 'public':
      throw new SecretFormatError('a public key signs nothing');
  }
}

/** A secret for the algorithm from 32 random bytes. */
export function secretFrom(algorithm: SignatureAlgorithm, random: Buffer): string {
  if (random.length !== seedBytes) throw new RangeError(`a secret is made from ${seedBytes} random bytes`);
  return (algorithm === 'ed25519' ? secretPrefixes.private : secretPrefixes.hmac) + random.toString('base64');
}

/** The `whpk_` form that receivers verify with; null for a symmetric secret, which has no public half. */
export function publicKeyOf(secret: SigningKey): string | null {
  if (secret.algorithm !== 'ed25519') return null;
  const der = createPublicKey(secret.key).export({ format: 'der', type: 'spki' });
  return secretPrefixes.public + der.subarray(der.length - seedBytes).toString('base64');
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
    return secret.key.digest(prefix, body, encoding);
  }
  // Ed25519 reads its message twice (RFC 8032, section 5.1.6), so it must be in one piece.
  return sign(null, Buffer.concat([Buffer.from(prefix), body]), secret.key).toString(encoding);
}
