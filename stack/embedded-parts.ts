/** The embedded servers of `npm start`: fixed ports, data in .data, side by side; one that dies is started again. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nextBackOff, type BackOff } from './back-off.ts';
import type { EmbeddedOptions, EmbeddedServer } from './embedded/embedded-server.ts';
import { kafkaPort, startKafka } from './embedded/kafka.ts';
import { postgresPort, startPostgres } from './embedded/postgres.ts';
import { registryPort, startRegistry } from './embedded/registry.ts';
import type { Part } from './environment.ts';
import { sentenceOf } from './failure.ts';
import { dataFolder } from './repository.ts';
import { startStep, warn } from './terminal.ts';
import { monotonicMs } from '../libs/runtime/monotonic.ts';

export const partNames: Readonly<Record<Part, string>> = {
  kafka: 'Kafka',
  registry: 'Schema registry',
  postgres: 'PostgreSQL',
};

const startFunctions: Readonly<Record<Part, (options: EmbeddedOptions) => Promise<EmbeddedServer>>> = {
  kafka: (options) => startKafka({ ...options, controllerPort: kafkaPort + 1 }),
  registry: startRegistry,
  postgres: startPostgres,
};

const partPorts: Readonly<Record<Part, number>> = { kafka: kafkaPort, registry: registryPort, postgres: postgresPort };

/** In which order they stop: what others write to goes last. */
const stopOrder: readonly Part[] = ['registry', 'kafka', 'postgres'];

export class EmbeddedParts {
  private readonly servers = new Map<Part, EmbeddedServer>();
  private readonly signal: AbortSignal;

  /** @param signal aborts a start, and restarts of what died */
  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** Starts these parts side by side; the result are their addresses. @throws StackFailure, Stopped */
  async start(wanted: readonly Part[]): Promise<Readonly<Partial<Record<Part, string>>>> {
    const failure = new AbortController();
    const signal = AbortSignal.any([this.signal, failure.signal]);
    const starts = wanted.map((part) => this.startOne(part, signal));
    try {
      await Promise.all(starts);
    } catch (error) {
      // The others are not waited for to come up, only to be gone.
      failure.abort();
      await Promise.allSettled(starts);
      throw error;
    }
    return Object.fromEntries([...this.servers].map(([part, server]) => [part, server.address]));
  }

  get isAnyUp(): boolean {
    return this.servers.size > 0;
  }

  /** Folders with data that cannot lie in the data folder. */
  get elsewhere(): readonly string[] {
    return [...this.servers.values()].flatMap(({ elsewhere }) => elsewhere ?? []);
  }

  async stop(): Promise<void> {
    for (const part of stopOrder) await this.servers.get(part)?.stop();
  }

  private async startOne(part: Part, signal: AbortSignal): Promise<void> {
    const step = startStep(partNames[part]);
    try {
      const options = { ...this.optionsOf(part, null, step.progress), signal };
      const server = await startFunctions[part](options);
      this.servers.set(part, server);
      // Credentials of the embedded database are no secret, but nobody needs them on the screen either.
      const place = server.elsewhere === undefined ? '' : `, its data in ${server.elsewhere}`;
      step.done(`port ${partPorts[part]}${place}`);
    } catch (error) {
      step.fail();
      throw error;
    }
  }

  private optionsOf(part: Part, backOff: BackOff | null, onProgress: (text: string) => void): EmbeddedOptions {
    const startedAt = monotonicMs();
    return {
      port: partPorts[part],
      dataDir: join(dataFolder, part),
      logFile: join(dataFolder, 'logs', `${part}.log`),
      onProgress,
      signal: this.signal,
      onDeath: (sentence) => {
        warn(sentence);
        void this.comeBack(part, nextBackOff(backOff, monotonicMs() - startedAt));
      },
    };
  }

  private async comeBack(part: Part, backOff: BackOff): Promise<void> {
    this.servers.delete(part);
    warn(`${partNames[part]} is started again in ${backOff.delayMs / 1000} s`);
    try {
      await pause(backOff.delayMs, undefined, { signal: this.signal });
      this.servers.set(part, await startFunctions[part](this.optionsOf(part, backOff, () => undefined)));
      warn(`${partNames[part]} is back`);
    } catch (error) {
      if (this.signal.aborted) return;
      warn(sentenceOf(error));
      await this.comeBack(part, nextBackOff(backOff, 0));
    }
  }
}
