/** The `npm start` or `npm run dev` that runs in this repository: one at a time, held by a lock. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../libs/runtime/config.ts';
import { takeLock } from './lock.mjs';
import { dataFolder } from './repository.ts';
import { isRunning } from './running.mjs';
import { StackFailure } from './failure.ts';

const lockFile = join(dataFolder, 'run', 'stack.pid');
const lockMark = join('stack', 'verbs');

/** @returns what ends it. @throws StackFailure when one runs already */
export function lockStack(): () => void {
  const taken = takeLock(lockFile, (pid) => isRunning(pid, lockMark));
  if ('release' in taken) return taken.release;
  const pid = taken.heldBy;
  throw new StackFailure(`It runs already, as process ${pid}: stop that first (Ctrl-C there, or kill ${pid}).`);
}

/** What it was started with; null: none runs, or the system does not tell (no /proc, another user). */
export function environmentOfRunning(): Environment | null {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'));
    return isRunning(pid, lockMark) ? environmentIn(readFileSync(`/proc/${pid}/environ`, 'utf8')) : null;
  } catch {
    return null;
  }
}

/** From the text of /proc/<pid>/environ (proc(5)). Pure. */
export function environmentIn(text: string): Environment {
  const entries = text.split('\0').filter((line) => line.includes('='));
  return Object.fromEntries(
    entries.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
