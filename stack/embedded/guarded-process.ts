/**
 * A server (Kafka, the registry, PostgreSQL) as a child that never outlives this process.
 *
 * It runs under a few lines of shell in a process group of its own, so that Ctrl-C in the terminal does not reach it
 * before its turn. The shell holds the reading end of a pipe from here: when the pipe closes, because `stop` closes it
 * or because this process died in whatever way, the shell ends the server. Should even the shell be killed, the pid
 * file lets the next start find the orphan and end it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { dirname } from 'node:path';
import { StackFailure, Stopped } from '../failure.ts';
import { endOrphan, pidIn, sendSignal, untilReaped } from '../orphan.ts';
import { requireFreePort } from '../ports.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';

const guardScript = `
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
echo "$server" >"$GUARD_PID_FILE"
(
  read -r _ <&3
  kill -"$GUARD_STOP_SIGNAL" "$server"
  for _ in 1 2 3 4 5 6 7 8; do sleep 1; done
  kill -KILL "$server"
) 2>/dev/null &
watch=$!
exec 3<&-
wait "$server"
code=$?
kill "$watch" 2>/dev/null
rm -f "$GUARD_PID_FILE"
exit "$code"
`;

export interface GuardedOptions {
  /** As shown to people. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The user to run as, for a server that refuses to be root. */
  readonly identity?: { readonly uid: number; readonly gid: number };
  readonly stopSignal: 'TERM' | 'INT';
  readonly pidFile: string;
  readonly logFile: string;
  /** A part of the command line that only this server has, such as its data folder. */
  readonly mark: string;
  /** Those that it listens on. */
  readonly ports: readonly number[];
  /** Resolves to true once the server answers. */
  readonly isReady: () => Promise<boolean>;
  readonly readyDeadlineMs: number;
  /** Aborts the start. */
  readonly signal?: AbortSignal;
  /** Told when the server dies without having been stopped. */
  readonly onDeath?: (sentence: string) => void;
}

export interface GuardedProcess {
  /** Of the server, not of its guard; null when it is not running. */
  readonly pid: number | null;
  stop(): Promise<void>;
  /** SIGKILL for server and guard: as if the machine had lost it. */
  kill(): Promise<void>;
}

const stopDeadlineMs = 7000;

/** @throws StackFailure when a port is taken, when it exits or does not answer in time; Stopped when aborted */
export async function startGuarded(options: GuardedOptions): Promise<GuardedProcess> {
  await endOrphan(options.pidFile, options.mark, `SIG${options.stopSignal}`);
  for (const port of options.ports) await requireFreePort(port, options.name);
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = spawn('/bin/sh', ['-c', guardScript, 'sh', options.command, ...options.args], {
    detached: true,
    stdio: ['pipe', log, log],
    env: {
      ...process.env,
      ...options.env,
      GUARD_PID_FILE: options.pidFile,
      GUARD_STOP_SIGNAL: options.stopSignal,
    },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.identity,
  });
  closeSync(log);
  const server = new Guarded(child, options);
  try {
    await server.untilReady();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

class Guarded implements GuardedProcess {
  private readonly child: ChildProcess;
  private readonly options: GuardedOptions;
  private readonly gone: Promise<void>;
  private isGone = false;
  private isReady = false;
  private isStopping = false;

  constructor(child: ChildProcess, options: GuardedOptions) {
    this.child = child;
    this.options = options;
    this.gone = new Promise((resolve) => {
      const leave = () => {
        this.isGone = true;
        resolve();
        if (this.isReady && !this.isStopping) options.onDeath?.(this.deathSentence());
      };
      child.once('exit', leave);
      child.once('error', leave);
    });
    // Writing to a guard that has just died is no error of ours.
    child.stdin?.on('error', () => undefined);
  }

  get pid(): number | null {
    return this.isGone ? null : pidIn(this.options.pidFile);
  }

  async untilReady(): Promise<void> {
    const { signal, isReady, name, logFile, readyDeadlineMs } = this.options;
    const deadline = monotonicMs() + readyDeadlineMs;
    while (!(await isReady())) {
      if (signal?.aborted === true) throw new Stopped();
      if (this.isGone) throw new StackFailure(this.deathSentence());
      if (monotonicMs() > deadline) {
        throw new StackFailure(`${name} did not answer within ${readyDeadlineMs / 1000} s: see ${logFile}.`);
      }
      await Promise.race([pause(50), this.gone]);
    }
    // Something else may answer at that address while ours has failed.
    if (this.isGone) throw new StackFailure(this.deathSentence());
    this.isReady = true;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.child.stdin?.destroy();
    const timer = new AbortController();
    await Promise.race([this.gone, pause(stopDeadlineMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    if (!this.isGone) await this.kill();
  }

  async kill(): Promise<void> {
    this.isStopping = true;
    if (this.isGone || this.child.pid === undefined) return;
    // The minus sign addresses the whole group: the guard, its watcher and the server.
    const serverPid = pidIn(this.options.pidFile);
    sendSignal(-this.child.pid, 'SIGKILL');
    await this.gone;
    // The server is a child of the guard: somebody else reaps it, and until then its lock files look alive.
    if (serverPid !== null) await untilReaped(serverPid, stopDeadlineMs);
    rmSync(this.options.pidFile, { force: true });
  }

  private deathSentence(): string {
    const { name, logFile } = this.options;
    // A server that cannot write cannot say so in its log either.
    if (isDiskFull(dirname(logFile))) return `${name} ended because the disk is full: free some space and try again.`;
    return `${name} ended by itself (${lastLine(logFile)}): see ${logFile}.`;
  }
}

function isDiskFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < 5_000_000;
}

function lastLine(file: string): string {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  const telling =
    lines.slice(-40).findLast((line) => /FATAL|ERROR|Exception|No space left/i.test(line)) ?? lines.at(-1);
  return telling === undefined || telling === '' ? 'no log' : telling.trim().slice(0, 200);
}
