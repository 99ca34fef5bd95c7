/** What a write with stored positions led to, as a value: everything that is expected to happen. */
import { OffsetMismatchError, type StoredPosition } from './consumer-offset-store.ts';
import { UnstorableError } from './unstorable-error.ts';

export type StoredWriteResult =
  | { readonly kind: 'written' }
  | { readonly kind: 'moved'; readonly stored: readonly StoredPosition[] }
  | { readonly kind: 'unstorable'; readonly error: unknown }
  | { readonly kind: 'away'; readonly error: unknown };

/** Rejects only for a programmer error. */
export async function writeResultOf(write: Promise<unknown>): Promise<StoredWriteResult> {
  try {
    await write;
    return { kind: 'written' };
  } catch (error) {
    if (error instanceof OffsetMismatchError) return { kind: 'moved', stored: error.stored };
    if (error instanceof UnstorableError) return { kind: 'unstorable', error: error.cause };
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return { kind: 'away', error };
  }
}
