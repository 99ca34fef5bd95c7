/**
 * Brings everything that is sealed under the first of ENCRYPTION_KEYS, batch by batch. In: a database that may be in use.
 * Out: how many, and what does not open. Holds: it may be stopped between batches and run again at any time.
 */
import type { Actor } from '../libs/domain/access/actor.ts';
import { firstAnswer, KeyRotation, type AnswerKey } from '../libs/postgres/access/key-rotation.ts';
import { createOrm } from '../libs/postgres/orm.ts';
import { databaseKeys, signatureKeys } from '../libs/runtime/config-keys.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import { SecretBox } from '../libs/runtime/secret-box.ts';

const batchSize = 100;
const actor: Actor = { kind: 'system', id: 'rotate-keys', name: null, address: null, requestId: null };

export interface RotationProgress {
  readonly keyId: string;
  /** Webhooks done, of so many that were to be done at the start. */
  readonly done: number;
  readonly total: number;
}

export interface RotationResult {
  readonly keyId: string;
  readonly webhooks: number;
  /** Answers kept for an Idempotency-Key. */
  readonly answers: number;
  /** Webhooks that no key in ENCRYPTION_KEYS opens: they are as they were. */
  readonly unopened: readonly string[];
  readonly isStopped: boolean;
}

/** @throws ConfigError, SecretBoxError, or the driver's error */
export async function rotateKeys(
  env: Environment,
  signal: AbortSignal,
  onProgress: (progress: RotationProgress) => void,
): Promise<RotationResult> {
  const spec = { DATABASE_URL: databaseKeys.DATABASE_URL, ENCRYPTION_KEYS: signatureKeys.ENCRYPTION_KEYS };
  const config = readConfig(spec, env);
  const secretBox = new SecretBox(config.ENCRYPTION_KEYS);
  const orm = createOrm(config.DATABASE_URL, 2);
  try {
    return await rotateAll(new KeyRotation(orm.em, secretBox), secretBox.keyId, signal, onProgress);
  } finally {
    await orm.close(true);
  }
}

async function rotateAll(
  rotation: KeyRotation,
  keyId: string,
  signal: AbortSignal,
  onProgress: (progress: RotationProgress) => void,
): Promise<RotationResult> {
  const { webhooks: total } = await rotation.outdated();
  const unopened: string[] = [];
  let webhooks = 0;
  let next: string | null = '';
  while (next !== null && !signal.aborted) {
    const batch = await rotation.webhooks(next, batchSize, new Date());
    webhooks += batch.count;
    unopened.push(...batch.unopened);
    next = batch.next;
    onProgress({ keyId, done: webhooks, total: Math.max(total, webhooks) });
  }
  let answers = 0;
  for (let after: AnswerKey | null = firstAnswer; after !== null && !signal.aborted;) {
    const batch = await rotation.answers(after, batchSize);
    answers += batch.count;
    after = batch.next;
  }
  if (webhooks + answers > 0) await rotation.tell(keyId, { webhooks, answers }, actor, new Date());
  return { keyId, webhooks, answers, unopened, isStopped: signal.aborted };
}
