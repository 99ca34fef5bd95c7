/** Memory of another process, as the system tells it (proc(5)); 0 where it has no /proc. */
import { readFileSync } from 'node:fs';

export function residentMiB(pid: number): number {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kibibytes ?? 0) / 1_024);
  } catch {
    return 0;
  }
}
