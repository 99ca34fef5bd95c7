/**
 * The forms in which a secret is written (Standard Webhooks 1.0.0, "Signature scheme"), read for signing and for
 * verifying, in Node.js and in browsers. Pure.
 */
import { fromBase64, utf8, type Bytes } from './bytes.ts';

export type SecretForm =
  | { readonly kind: 'hmac'; readonly bytes: Bytes }
  /** ed25519: 32 bytes of seed, and the half that receivers have. */
  | { readonly kind: 'private'; readonly seed: Bytes }
  | { readonly kind: 'public'; readonly bytes: Bytes };

export const secretPrefixes = { hmac: 'whsec_', private: 'whsk_', public: 'whpk_' } as const;
/** Bytes of a symmetric secret (table "Signature scheme": 192 to 512 bits). */
const hmacBytes = { min: 24, max: 64 };
export const seedBytes = 32;

/** A secret that is any text: so many printable ASCII characters, no blank at its ends. It signs with those bytes. */
const plainSecret = /^[\x21-\x7e][\x20-\x7e]{14,254}[\x21-\x7e]$/;

/** PKCS #8 of an ed25519 private key up to its 32 bytes of seed (RFC 8410, section 7). */
export const pkcs8Head = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);
/** SubjectPublicKeyInfo of an ed25519 key up to its 32 bytes (RFC 8410, section 4). */
export const spkiHead = Uint8Array.from([48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0]);

/** A secret that is in none of these forms. Its message never shows the secret. */
export class SecretFormatError extends Error {
  readonly code = 'invalid_secret';
  readonly retryable = false;
}

/** @throws SecretFormatError */
export function readSecret(secret: string): SecretForm {
  const { hmac, private: signing, public: verifying } = secretPrefixes;
  if (secret.startsWith(hmac)) {
    const bytes = decoded(secret.slice(hmac.length));
    if (bytes.length < hmacBytes.min || bytes.length > hmacBytes.max) {
      throw new SecretFormatError(`a ${hmac} secret has ${hmacBytes.min} to ${hmacBytes.max} bytes`);
    }
    return { kind: 'hmac', bytes };
  }
  if (secret.startsWith(signing)) {
    const bytes = decoded(secret.slice(signing.length));
    // Some libraries keep the public half behind the seed: 64 bytes.
    if (bytes.length !== seedBytes && bytes.length !== 2 * seedBytes) {
      throw new SecretFormatError(`a ${signing} secret has ${seedBytes} or ${2 * seedBytes} bytes`);
    }
    return { kind: 'private', seed: bytes.slice(0, seedBytes) };
  }
  if (secret.startsWith(verifying)) {
    const bytes = decoded(secret.slice(verifying.length));
    if (bytes.length !== seedBytes) throw new SecretFormatError(`a ${verifying} key has ${seedBytes} bytes`);
    return { kind: 'public', bytes };
  }
  if (plainSecret.test(secret)) return { kind: 'hmac', bytes: utf8(secret) };
  throw new SecretFormatError(`a secret begins with ${hmac} or ${signing}, or is 16 to 256 printable characters`);
}

function decoded(text: string): Bytes {
  // An alphabet of its own, and no empty text: what fromBase64 takes besides is no secret.
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? fromBase64(text) : null;
  if (bytes === null) throw new SecretFormatError('a secret is base64 after its prefix');
  return bytes;
}
