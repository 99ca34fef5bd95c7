/** What a window of time costs, process by process: CPU from its beginning to its end, memory at its highest. */
import { cpuMsOf, memoryOf, peakMemoryOf, processorWaitMsOf } from './process-usage.ts';

export type ProcessKind = 'app' | 'server' | 'load';

export interface ObservedProcess {
  readonly name: string;
  /** Apps and servers are the system; the load is not. */
  readonly kind: ProcessKind;
  readonly pid: number;
  /** Has children that share the work: its peak is sampled, as the system knows none of several. */
  readonly isTree?: boolean;
}

export interface ProcessUsage {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly cpuMs: number;
  readonly peakBytes: number;
  /** Its event loop was ready and had no processor for so long; left out where nothing tells. */
  readonly waitedMs?: number;
  /** No step of its event loop was longer; null or left out where nothing tells. */
  readonly loopDelayMs?: number | null;
}

const sampleEveryMs = 1_000;

export class UsageWindow {
  private readonly processes: readonly ObservedProcess[];
  private readonly cpuBefore: ReadonlyMap<number, number>;
  private readonly waitedBefore: ReadonlyMap<number, number | null>;
  private readonly sampledPeaks = new Map<number, number>();
  private readonly sampling: NodeJS.Timeout;
  private readonly apps: readonly number[];
  private appsPeak = 0;

  constructor(processes: readonly ObservedProcess[]) {
    this.processes = processes;
    this.apps = processes.filter(({ kind }) => kind === 'app').map(({ pid }) => pid);
    this.cpuBefore = new Map(processes.map(({ pid }) => [pid, cpuMsOf([pid]) ?? 0]));
    this.waitedBefore = new Map(processes.map(({ pid }) => [pid, processorWaitMsOf(pid)]));
    this.sample();
    this.sampling = setInterval(() => {
      this.sample();
    }, sampleEveryMs);
  }

  /** The most memory that the apps had together at one time, in bytes; what they share, the text of Node.js, counts once. */
  get appsPeakBytes(): number {
    return this.appsPeak;
  }

  /** Null where the system does not tell. */
  close(): readonly ProcessUsage[] | null {
    clearInterval(this.sampling);
    if (cpuMsOf([process.pid]) === null) return null;
    this.sample();
    return this.processes.map(({ name, kind, pid }) => ({
      name,
      kind,
      cpuMs: Math.max(0, (cpuMsOf([pid]) ?? 0) - (this.cpuBefore.get(pid) ?? 0)),
      peakBytes: this.sampledPeaks.get(pid) ?? peakMemoryOf(pid),
      ...this.waitOf(pid),
    }));
  }

  private waitOf(pid: number): { readonly waitedMs?: number } {
    const [before, after] = [this.waitedBefore.get(pid) ?? null, processorWaitMsOf(pid)];
    return before === null || after === null ? {} : { waitedMs: after - before };
  }

  private sample(): void {
    this.appsPeak = Math.max(this.appsPeak, memoryOf(this.apps) ?? 0);
    for (const { pid, isTree } of this.processes) {
      if (isTree !== true) continue;
      this.sampledPeaks.set(pid, Math.max(this.sampledPeaks.get(pid) ?? 0, memoryOf([pid]) ?? 0));
    }
  }
}

/** CPU milliseconds of the system, load left out. */
export function systemCpuMs(usage: readonly ProcessUsage[]): number {
  return usage.reduce((sum, { kind, cpuMs }) => sum + (kind === 'load' ? 0 : cpuMs), 0);
}
