/** What a command is given in a file or on standard input. Never read by a call that no signal gets through. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CliFailure } from './failure.ts';

/** @param file `-`: standard input. @throws CliFailure usage, AbortError */
export async function readInput(file: string, what: string, signal: AbortSignal): Promise<Buffer> {
  try {
    return await (file === '-' ? standardInput(signal) : readFile(file, { signal }));
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure('usage', `The ${what} cannot be read: ${reason}.`);
  }
}

async function standardInput(signal: AbortSignal): Promise<Buffer> {
  const stop = () => {
    process.stdin.destroy(new DOMException('This operation was aborted', 'AbortError'));
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    return await buffer(process.stdin);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
