/**
 * One app as a child process that is started again when it dies, with back-off.
 *
 * It runs in a session of its own, so that Ctrl-C in the terminal does not reach it before its turn, with an IPC
 * channel: when this process dies in whatever way, the channel closes and the app drains and leaves by itself.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { nextBackOff, type BackOff } from './back-off.ts';
import { StackFailure, Stopped } from './failure.ts';
import { monotonicMs } from '../libs/runtime/monotonic.ts';

/**
 * As in deploy/Dockerfile. A young generation of 4 MiB instead of 16 takes a hundred megabytes off an app under load and
 * costs nothing that could be measured. All of the heap is marked when it is three times what was alive the last time: V8 by
 * itself did so at a few megabytes more, at 30 ms of processor time each (docs/decisions/0090).
 */
export const nodeOptions = ['--enable-source-maps', '--max-semi-space-size=4', '--heap-growing-percent=200'] as const;

/**
 * As in deploy/Dockerfile. The allocator of glibc keeps a heap for each of eight threads on two processors, and what one has
 * freed no other uses: with two, six apps under load take some fifty megabytes less, and no more time.
 */
export const allocatorEnvironment = { MALLOC_ARENA_MAX: '2' } as const;

/** Exit status of an app whose configuration is wrong (EX_CONFIG of sysexits.h): starting it again is no use. */
export const configurationExit = 78;

export interface AppOptions {
  /** As shown to people. */
  readonly name: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly port: number;
  /** Told of each process that runs it. */
  readonly onSpawn?: (pid: number) => void;
  readonly onLine: (line: string) => void;
  /** Told of each death that was not asked for. */
  readonly onDeath: (death: AppDeath) => void;
}

export interface AppDeath {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** How long until it is started again; null: not at all. */
  readonly delayMs: number | null;
  /** Deaths in a row. */
  readonly deaths: number;
}

export class AppProcess {
  readonly options: AppOptions;
  private child: ChildProcess | null = null;
  private left: Promise<void> = Promise.resolve();
  private backOff: BackOff | null = null;
  private restartTimer: NodeJS.Timeout | null = null;
  private isWanted = false;

  constructor(options: AppOptions) {
    this.options = options;
  }

  get url(): string {
    return `http://127.0.0.1:${this.options.port}`;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  start(): void {
    this.isWanted = true;
    this.spawn();
  }

  /** SIGTERM, and SIGKILL when it is still there at the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    this.giveUp();
    this.child?.kill('SIGTERM');
    const timer = new AbortController();
    const late = pause(deadlineMs, undefined, { signal: timer.signal }).then(
      () => this.child?.kill('SIGKILL'),
      () => undefined,
    );
    await Promise.race([this.left, late]);
    timer.abort();
    await this.left;
  }

  /** Sends the signal and waits until it is gone; it is not started again. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.giveUp();
    this.child?.kill(signal);
    await this.left;
  }

  /** Resolves when /health/ready says so. @throws StackFailure at the deadline, Stopped */
  async untilReady(deadlineMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = monotonicMs() + deadlineMs;
    let report = await this.readiness();
    while (report !== 'ready') {
      if (signal?.aborted === true || !this.isWanted) throw new Stopped();
      if (monotonicMs() > deadline) {
        throw new StackFailure(`${this.options.name} was not ready within ${deadlineMs / 1000} s (${report})`);
      }
      await pause(100);
      report = await this.readiness();
    }
  }

  /** `ready`, or what is missing in words. */
  async readiness(): Promise<string> {
    try {
      const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(3000) });
      const report = (await response.json()) as { checks?: Record<string, string> };
      if (response.ok) return 'ready';
      const problems = Object.entries(report.checks ?? {}).filter(([, result]) => result !== 'ok');
      return problems.map(([name, result]) => `${name}: ${result}`).join(', ');
    } catch {
      return this.child === null ? 'it is not running' : 'it does not answer yet';
    }
  }

  private giveUp(): void {
    this.isWanted = false;
    if (this.restartTimer !== null) clearTimeout(this.restartTimer);
    this.restartTimer = null;
  }

  private spawn(): void {
    const startedAt = monotonicMs();
    const child = spawn(process.execPath, [...nodeOptions, this.options.script], {
      env: { ...allocatorEnvironment, ...this.options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.child = child;
    if (child.pid !== undefined) this.options.onSpawn?.(child.pid);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', this.options.onLine);
    }
    this.left = new Promise((resolve) => {
      child.once('error', (error) => {
        this.options.onLine(`cannot be started: ${error.message}`);
      });
      // `close` comes after the last line was read, also when the process could not be started.
      child.once('close', (code, signal) => {
        this.child = null;
        resolve();
        if (this.isWanted) this.dieAndComeBack(code, signal, monotonicMs() - startedAt);
      });
    });
  }

  private dieAndComeBack(code: number | null, signal: NodeJS.Signals | null, upMs: number): void {
    this.backOff = nextBackOff(this.backOff, upMs);
    const delayMs = code === configurationExit ? null : this.backOff.delayMs;
    if (delayMs !== null) {
      this.restartTimer = setTimeout(() => {
        this.spawn();
      }, delayMs);
    }
    this.options.onDeath({ code, signal, delayMs, deaths: this.backOff.deaths });
  }
}
