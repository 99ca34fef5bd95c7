/** Keys of a local installation: made once, kept in the data folder, readable by its owner only. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { dataFolder } from './repository.ts';

export const adminKeyFile = join(dataFolder, 'admin-api-key');
export const encryptionKeysFile = join(dataFolder, 'encryption-keys');

export function adminKey(): string {
  return onceIn(adminKeyFile, () => `whk_admin_${randomBytes(24).toString('base64url')}`);
}

/** In the form of ENCRYPTION_KEYS. */
export function encryptionKeys(): string {
  return onceIn(encryptionKeysFile, () => `local:${randomBytes(32).toString('base64')}`);
}

/** The same where it was made before; empty where it was not, and nothing is made. */
export function keptAdminKey(): string {
  return keptIn(adminKeyFile);
}

export function keptEncryptionKeys(): string {
  return keptIn(encryptionKeysFile);
}

function keptIn(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

function onceIn(file: string, make: () => string): string {
  const kept = keptIn(file);
  if (kept !== '') return kept;
  mkdirSync(dirname(file), { recursive: true });
  const made = make();
  writeFileSync(file, `${made}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return made;
}
