/** Processes of ours that outlived their parent: found by their pid files, and only ever ended when they are ours. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../libs/runtime/monotonic.ts';
import { isRunning } from './running.mjs';

const deadlineMs = 10_000;

/**
 * Ends the process of this pid file, when it still lives and its command line holds `mark`; resolves when it is gone.
 * @param signal what it takes as the request to stop; SIGKILL follows when it does not
 */
export async function endOrphan(pidFile: string, mark: string, signal: NodeJS.Signals): Promise<void> {
  const pid = pidIn(pidFile);
  if (pid === null) return;
  if (isRunning(pid, mark)) sendSignal(pid, signal);
  const deadline = monotonicMs() + deadlineMs;
  while (isRunning(pid, mark)) {
    if (monotonicMs() > deadline) sendSignal(pid, 'SIGKILL');
    await pause(50);
  }
  rmSync(pidFile, { force: true });
}

/** Resolves when nothing has this pid any more, or at the deadline: one that was killed keeps it until it is reaped. */
export async function untilReaped(pid: number, waitMs: number): Promise<void> {
  const deadline = monotonicMs() + waitMs;
  while (exists(pid) && monotonicMs() < deadline) await pause(20);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's: it exists, but is not ours to signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function pidIn(file: string): number | null {
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : NaN;
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
