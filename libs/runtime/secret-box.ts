/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, in an envelope that names its key:
 * `v1.<key id>.<base64url nonce>.<base64url ciphertext and tag>`. The key id is authenticated too.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

export class SecretBoxError extends Error {
  readonly code = 'secret_box';
  readonly retryable = false;
}

export class SecretBox {
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly current: string;

  /** @param keys `id:base64` items of ENCRYPTION_KEYS; the first encrypts. @throws SecretBoxError on a bad key */
  constructor(keys: readonly string[]) {
    const parsed = new Map(keys.map(parseKey));
    const [first] = parsed.keys();
    if (first === undefined) throw new SecretBoxError('ENCRYPTION_KEYS names no key');
    if (parsed.size !== keys.length) throw new SecretBoxError('ENCRYPTION_KEYS names a key id twice');
    this.keys = parsed;
    this.current = first;
  }

  /** Id of the key that encrypts. */
  get keyId(): string {
    return this.current;
  }

  /** How every envelope begins that the first key sealed. */
  get mark(): string {
    return `v1.${this.current}.`;
  }

  seal(plaintext: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.keyOf(this.current), nonce);
    cipher.setAAD(Buffer.from(this.current));
    const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `v1.${this.current}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
  }

  /** @throws SecretBoxError when the envelope is malformed, its key is gone or it was tampered with */
  open(envelope: string): string {
    const [version, keyId, nonce, sealedText] = envelope.split('.');
    if (version !== 'v1' || keyId === undefined || nonce === undefined || sealedText === undefined) {
      throw new SecretBoxError('not an envelope');
    }
    const sealed = Buffer.from(sealedText, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.keyOf(keyId), Buffer.from(nonce, 'base64url'), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(keyId));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new SecretBoxError(`envelope of key ${keyId} does not open`, { cause });
    }
  }

  /** Keys for another purpose than sealing, one from each of ours, by its id, in their order (HKDF-SHA256, RFC 5869). */
  derived(purpose: string): ReadonlyMap<string, Buffer> {
    return new Map(
      [...this.keys].map(([id, key]) => [id, Buffer.from(hkdfSync('sha256', key, '', purpose, keyBytes))]),
    );
  }

  /** True when the envelope was sealed by another key than the one that encrypts now. */
  isOutdated(envelope: string): boolean {
    return envelope.split('.')[1] !== this.current;
  }

  private keyOf(id: string): Buffer {
    const key = this.keys.get(id);
    if (key === undefined) throw new SecretBoxError(`no key ${id} in ENCRYPTION_KEYS`);
    return key;
  }
}

function parseKey(item: string): [string, Buffer] {
  const [id, text] = item.split(':');
  if (id === undefined || text === undefined || !/^[A-Za-z0-9_-]{1,32}$/.test(id)) {
    throw new SecretBoxError('an item of ENCRYPTION_KEYS is not id:base64');
  }
  const key = Buffer.from(text, 'base64');
  if (key.length !== keyBytes) {
    throw new SecretBoxError(`key ${id} of ENCRYPTION_KEYS has ${key.length} bytes, not ${keyBytes}`);
  }
  return [id, key];
}
