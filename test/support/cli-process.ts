/** The command line as a person runs it: its launcher, in a process of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from './source-tree.ts';
import { until } from './until.ts';

const launcher = join(repositoryRoot, 'cli', 'deeperhub-webhooks.mjs');
const deadlineMs = 90_000;

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of the variables that the command reads it has these alone. */
type Env = Readonly<Record<string, string>>;

/** Runs it to its end. */
export async function runCli(args: readonly string[], env: Env, stdin = ''): Promise<CliResult> {
  const child = start(args, env);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  // It may have ended without reading.
  child.stdin.on('error', () => undefined).end(stdin);
  return { code: await exitOf(child), stdout: await stdout, stderr: await stderr };
}

/** One that stays, with --json. */
export class RunningCli {
  /** What it showed so far. */
  readonly shown: Record<string, unknown>[] = [];
  readonly exit: Promise<number>;
  private readonly child: ChildProcessWithoutNullStreams;
  private stderr = '';

  constructor(args: readonly string[], env: Env) {
    this.child = start([...args, '--json'], env);
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exit = exitOf(this.child);
    createInterface(this.child.stdout).on('line', (line) => {
      this.shown.push(JSON.parse(line) as Record<string, unknown>);
    });
  }

  /** The first thing shown that has these members; fails with what it said when it ends without. */
  async first(kind: string): Promise<Record<string, unknown>> {
    const find = () => this.shown.find((one) => one['kind'] === kind);
    await until(() => find() !== undefined || this.child.exitCode !== null, { timeoutMs: 30_000, what: kind });
    const found = find();
    if (found === undefined) throw new Error(`it ended without '${kind}': ${this.stderr}`);
    return found;
  }

  /** Resolves when it has remarked this. */
  heard(remark: string): Promise<void> {
    return until(() => this.stderr.includes(remark), { timeoutMs: 30_000, what: remark });
  }

  /** As Ctrl-C in a terminal does, but to the launcher alone. */
  stop(): Promise<number> {
    this.child.kill('SIGTERM');
    return this.exit;
  }
}

function start(args: readonly string[], env: Env): ChildProcessWithoutNullStreams {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [launcher, ...args], { env: { PATH, HOME, ...env }, timeout: deadlineMs });
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve) => child.once('close', (code) => { resolve(code ?? -1); })); // prettier-ignore
}
