/**
 * The system that is measured: servers and the built apps, each a process, as under `npm start`, but on ports of their own.
 * Settings are those of production; only egress to this machine is opened, where the receivers are.
 */
import { join } from 'node:path';
import type { Environment } from '../libs/runtime/config.ts';
import { ApiClient } from '../stack/api-client.ts';
import { AppProcess } from '../stack/app-process.ts';
import { appNames, appScript, type AppName } from '../stack/apps.ts';
import type { EmbeddedServer } from '../stack/embedded/embedded-server.ts';
import type { Part } from '../stack/environment.ts';
import { StackFailure, Stopped } from '../stack/failure.ts';
import { createFileLogger } from '../stack/file-logger.ts';
import { LogFile } from '../stack/log-file.ts';
import { freePorts } from '../stack/ports.ts';
import { setUp } from '../stack/setup.ts';
import { startStep, warn } from '../stack/terminal.ts';
import { nowMs } from './clock.ts';
import { BenchServers, logFolder, type ServersOptions } from './servers.ts';

export interface SystemOptions extends ServersOptions {
  /** Processes of each app. Default: one. */
  readonly instances?: Readonly<Partial<Record<AppName, number>>>;
  /** Beside what every app gets. */
  readonly env?: Environment;
  /** Apps whose CPU is profiled: they listen for an inspector. */
  readonly profiled?: readonly AppName[];
}

export interface AppInstance {
  readonly app: AppName;
  /** The app's name, with a number where there are several. */
  readonly name: string;
  readonly process: AppProcess;
  /** Where its inspector listens; null: not at all. */
  readonly inspectorPort: number | null;
}

export interface StartTime {
  readonly name: string;
  readonly ms: number;
}

/** Of all processes that one system may ever have. */
const portsMax = 32;
const readyDeadlineMs = 90_000;
const stopDeadlineMs = 6_500;

export class BenchSystem {
  readonly env: Environment;
  readonly api: ApiClient;
  readonly apps: AppInstance[] = [];
  /** What was started, in order, and how long it took. */
  readonly startTimes: StartTime[] = [];
  private readonly options: SystemOptions;
  private readonly servers: BenchServers;
  private readonly ports: number[];

  private constructor(options: SystemOptions, servers: BenchServers, ports: number[]) {
    this.options = options;
    this.servers = servers;
    this.ports = ports;
    this.env = { ...servers.env, ...options.env };
    const apiPort = ports[0] ?? 0;
    this.api = new ApiClient(`http://127.0.0.1:${apiPort}`, this.env['ADMIN_API_KEY'] ?? '');
  }

  /** @throws StackFailure when something does not come up, Stopped; whatever was started is stopped then */
  static async start(options: SystemOptions, signal: AbortSignal): Promise<BenchSystem> {
    const step = startStep('System');
    const clock = new StepClock();
    let system: BenchSystem | null = null;
    try {
      step.progress('Kafka, schema registry, PostgreSQL');
      const servers = await BenchServers.start(options, signal);
      clock.took('Kafka, schema registry and PostgreSQL');
      system = new BenchSystem(options, servers, await freePorts(portsMax));
      step.progress('tables, topics, schemas');
      await setUp(system.env, createFileLogger(join(logFolder, 'setup.log')));
      if (signal.aborted) throw new Stopped();
      clock.took('tables, topics and schemas');
      step.progress('apps');
      for (const app of appNames) await system.addApps(app, options.instances?.[app] ?? 1, signal, false);
      await Promise.all(
        system.apps.map(async (instance) => {
          await untilReady(instance, signal);
          clock.tookSinceStep(`ready: ${instance.name}`);
        }),
      );
      clock.took('all apps');
      system.startTimes.push(...clock.times, { name: 'everything', ms: clock.totalMs });
      step.done(`${system.apps.length} processes of ${appNames.length} apps ready`);
      return system;
    } catch (error) {
      step.fail();
      await system?.stop();
      throw error;
    }
  }

  /** Servers that were started here, by their part. */
  get embedded(): ReadonlyMap<Part, EmbeddedServer> {
    return this.servers.embedded;
  }

  /** More processes of an app; resolves when they are ready, unless `isAwaited` is false. */
  async addApps(app: AppName, count: number, signal: AbortSignal, isAwaited = true): Promise<void> {
    const added: AppInstance[] = [];
    for (let index = 0; index < count; index += 1) {
      const instance = this.instanceOf(app);
      this.apps.push(instance);
      instance.process.start();
      added.push(instance);
    }
    if (isAwaited) await Promise.all(added.map((instance) => untilReady(instance, signal)));
  }

  of(app: AppName): readonly AppInstance[] {
    return this.apps.filter((instance) => instance.app === app);
  }

  async stop({ keepsData }: { readonly keepsData: boolean } = { keepsData: false }): Promise<void> {
    await Promise.all(this.apps.map(({ process }) => process.stop(stopDeadlineMs)));
    await this.servers.stop({ keepsData });
  }

  private instanceOf(app: AppName): AppInstance {
    const number = this.of(app).length + 1;
    const name = (this.options.instances?.[app] ?? 1) === 1 && number === 1 ? app : `${app}-${number}`;
    const port = this.takePort();
    const isProfiled = this.options.profiled?.includes(app) === true;
    const inspectorPort = isProfiled ? this.takePort() : null;
    const log = new LogFile(join(logFolder, `${name}.log`));
    const process = new AppProcess({
      name,
      script: appScript(app),
      port,
      env: {
        ...this.env,
        HTTP_PORT: String(port),
        KAFKA_INSTANCE_ID: name,
        ...(inspectorPort === null ? {} : { NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` }),
      },
      onLine: (line) => {
        log.add(line);
      },
      onDeath: ({ code, signal }) => {
        warn(`${name} ended by itself (${signal ?? `exit status ${String(code)}`}): see ${log.path}`);
      },
    });
    return { app, name, process, inspectorPort };
  }

  private takePort(): number {
    const port = this.ports.shift();
    if (port === undefined) throw new StackFailure('No port is left for another process.');
    return port;
  }
}

/** Steps one after another, and what happens within them. */
class StepClock {
  readonly times: StartTime[] = [];
  private readonly startedAt = nowMs();
  private stepAt = nowMs();

  get totalMs(): number {
    return nowMs() - this.startedAt;
  }

  took(name: string): void {
    this.tookSinceStep(name);
    this.stepAt = nowMs();
  }

  tookSinceStep(name: string): void {
    this.times.push({ name, ms: nowMs() - this.stepAt });
  }
}

async function untilReady({ name, process }: AppInstance, signal: AbortSignal): Promise<void> {
  try {
    await process.untilReady(readyDeadlineMs, signal);
  } catch (error) {
    if (!(error instanceof StackFailure)) throw error;
    throw new StackFailure(`${error.message}: see ${join(logFolder, `${name}.log`)}.`);
  }
}
