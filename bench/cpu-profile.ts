/**
 * CPU profiles of running apps, for the window that is measured and no longer, through their inspector (Chrome DevTools
 * protocol, domain Profiler). Files open in any browser's developer tools; a summary goes to the screen.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackFailure } from '../stack/failure.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

const sampleEveryMicroseconds = 500;
const deadlineMs = 30_000;

export class Profiler {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (value: unknown) => void>();
  private asked = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id !== undefined) this.waiting.get(id)?.(result);
    });
  }

  /** @param port of the inspector */
  static async start(port: number): Promise<Profiler> {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: AbortSignal.timeout(deadlineMs) });
    const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
    if (target === undefined) throw new StackFailure(`Nothing is to be profiled at port ${port}.`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => {
        resolve();
      });
      socket.addEventListener('error', () => {
        reject(new StackFailure(`The inspector at port ${port} does not answer.`));
      });
    });
    const profiler = new Profiler(socket);
    await profiler.call('Profiler.enable');
    await profiler.call('Profiler.setSamplingInterval', { interval: sampleEveryMicroseconds });
    await profiler.call('Profiler.start');
    return profiler;
  }

  async stop(): Promise<CpuProfile> {
    const { profile } = (await this.call('Profiler.stop')) as { profile: CpuProfile };
    this.socket.close();
    return profile;
  }

  private call(method: string, params: object = {}): Promise<unknown> {
    const id = (this.asked += 1);
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new StackFailure(`The inspector did not answer ${method}.`));
      }, deadlineMs);
      this.waiting.set(id, (value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  }
}

export function keepProfile(folder: string, name: string, profile: CpuProfile): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.cpuprofile`);
  writeFileSync(file, JSON.stringify(profile));
  return file;
}

/** Where the time went: functions by their own milliseconds, dearest first, idle time left out. Pure. */
export function dearestFunctions(
  profile: CpuProfile,
  count: number,
): readonly { readonly name: string; readonly selfMs: number }[] {
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]));
  const selfMs = new Map<string, number>();
  (profile.samples ?? []).forEach((id, index) => {
    const name = names.get(id) ?? '';
    selfMs.set(name, (selfMs.get(name) ?? 0) + (profile.timeDeltas?.[index] ?? 0) / 1_000);
  });
  selfMs.delete('(idle)');
  return [...selfMs]
    .map(([name, ms]) => ({ name, selfMs: ms }))
    .sort((a, b) => b.selfMs - a.selfMs)
    .slice(0, count);
}

/** Function, and the end of the path of its file with its line. */
function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  if (url === '') return functionName;
  const place = url.split('/').slice(-3).join('/');
  return `${functionName === '' ? '(anonymous)' : functionName} ${place}:${lineNumber + 1}`;
}
