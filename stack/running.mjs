/**
 * Whether a process is the one that was meant: a pid alone may be somebody else's by now. Plain JavaScript for any Node
 * from 20 on: it is asked before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * True when that process lives and its command line holds `mark`.
 * @param {number} pid
 * @param {string} mark
 */
export function isRunning(pid, mark) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(mark);
  } catch {
    return existsSync('/proc/self') ? false : commandOf(pid).includes(mark);
  }
}

/** Where there is no /proc. */
function commandOf(pid) {
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}
