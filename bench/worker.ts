/**
 * A process of the benchmark's own (receivers, load), so that what it costs is not the system's and does not stop the
 * one that measures. It is asked over IPC, answers each question once, and leaves when the benchmark does.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from '../stack/repository.ts';
import { StackFailure } from '../stack/failure.ts';

/** Question names to what is asked and what is answered. */
type Questions<Q> = { readonly [Name in keyof Q]: { readonly ask: unknown; readonly answer: unknown } };

export type Answers<Q extends Questions<Q>> = {
  readonly [Name in keyof Q]: (ask: Q[Name]['ask']) => Q[Name]['answer'] | Promise<Q[Name]['answer']>;
};

interface Message {
  readonly id: number;
  readonly name: string;
  readonly value: unknown;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** They share the processors with what is measured: no collection of garbage of theirs while it is. */
const workerOptions = [
  '--enable-source-maps',
  '--min-semi-space-size=32',
  '--max-semi-space-size=32',
  '--initial-old-space-size=256',
];

export class Worker<Q extends Questions<Q>> {
  private readonly name: string;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;

  /** @param name of the process, for people @param file below bench/, without its ending */
  constructor(name: string, file: string, env: Readonly<Record<string, string | undefined>> = process.env) {
    this.name = name;
    // A session of its own: Ctrl-C in the terminal must not reach it before the system has stopped.
    this.child = fork(join(repositoryRoot, 'dist', 'bench', `${file}.js`), {
      env,
      execArgv: workerOptions,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.child.on('message', (message) => {
      this.take(message as Reply);
    });
    this.child.once('exit', (code) => {
      for (const { reject } of this.waiting.values()) reject(new StackFailure(`${name} ended (${String(code)})`));
      this.waiting.clear();
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  ask<Name extends keyof Q & string>(name: Name, value: Q[Name]['ask']): Promise<Q[Name]['answer']> {
    const id = (this.asked += 1);
    if (!this.child.connected) return Promise.reject(new StackFailure(`${this.name} is not running`));
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, name, value } satisfies Message);
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const left = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await left;
  }

  private take({ id, value, error }: Reply): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new StackFailure(`${this.name}: ${error}`));
  }
}

/** The other side: answers what comes, until the benchmark is gone. */
export function answerQuestions<Q extends Questions<Q>>(answers: Answers<Q>): void {
  process.on('message', (message: Message) => {
    const answer = async () => answers[message.name as keyof Q](message.value);
    answer().then(
      (value) => process.send?.({ id: message.id, value } satisfies Reply),
      (error: unknown) => {
        process.send?.({ id: message.id, error: error instanceof Error ? error.message : String(error) });
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}
