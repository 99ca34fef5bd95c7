/**
 * What processes have used, from /proc (proc(5)): CPU time of a process with all it ever started, and its memory. Null
 * where the system has no /proc.
 */
import { readFileSync, readdirSync } from 'node:fs';

/** USER_HZ, which Linux fixes at 100 for what it shows to programs. */
const tickMs = 10;

interface Stat {
  readonly parent: number;
  /** User and system time of its own, and of children that have ended. */
  readonly ticks: number;
}

/** From the text of /proc/<pid>/stat. Pure. */
export function statOf(text: string): Stat {
  // The name in brackets may itself hold blanks and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return { parent: Number(fields[1]), ticks };
}

/** CPU milliseconds of these processes and of what they started, running or ended; processes that are gone count 0. */
export function cpuMsOf(pids: readonly number[]): number | null {
  const all = allStats();
  if (all === null) return null;
  return treeOf(pids, all).reduce((sum, pid) => sum + (all.get(pid)?.ticks ?? 0) * tickMs, 0);
}

/**
 * How long the first thread of a process, which has the event loop, was ready to run and had no processor, in milliseconds;
 * null where the system does not tell (Documentation/scheduler/sched-stats.rst).
 */
export function processorWaitMsOf(pid: number): number | null {
  const [, waitedNs] = (read(`/proc/${pid}/schedstat`) ?? '').split(' ');
  return waitedNs === undefined ? null : Number(waitedNs) / 1e6;
}

/**
 * Resident memory of these processes and of their children now, in bytes. What processes share (PostgreSQL's buffers,
 * the text of a program) counts once: the largest share that one of them has.
 */
export function memoryOf(pids: readonly number[]): number | null {
  const all = allStats();
  if (all === null) return null;
  const parts = treeOf(pids, all).map((pid) => statusOf(pid));
  const sum = (name: string) => parts.reduce((total, part) => total + (part.get(name) ?? 0), 0);
  const largest = (name: string) => parts.reduce((most, part) => Math.max(most, part.get(name) ?? 0), 0);
  return (sum('RssAnon') + largest('RssFile') + largest('RssShmem')) * 1_024;
}

/** The most resident memory that this one process ever had, in bytes. */
export function peakMemoryOf(pid: number): number {
  return (statusOf(pid).get('VmHWM') ?? 0) * 1_024;
}

function statusOf(pid: number): ReadonlyMap<string, number> {
  const text = read(`/proc/${pid}/status`) ?? '';
  return new Map([...text.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name = '', kib]) => [name, Number(kib)]));
}

function allStats(): ReadonlyMap<number, Stat> | null {
  const found = new Map<number, Stat>();
  try {
    for (const name of readdirSync('/proc')) {
      const text = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : null;
      if (text !== null) found.set(Number(name), statOf(text));
    }
  } catch {
    return null;
  }
  return found;
}

function treeOf(pids: readonly number[], all: ReadonlyMap<number, Stat>): readonly number[] {
  const tree = new Set(pids);
  // A child may come before its parent: as often as the tree grows.
  for (let before = -1; before !== tree.size;) {
    before = tree.size;
    for (const [pid, { parent }] of all) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree];
}

/** Null when the process has left meanwhile. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
