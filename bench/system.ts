/**
 * The system that is measured: embedded servers and the built apps, each a process, as under `npm start`, but on ports
 * and in a data folder of its own that is empty at the start and gone at the end. Settings are those of production;
 * only egress to this machine is opened, where the receivers are.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Environment } from '../libs/runtime/config.ts';
import { ApiClient } from '../stack/api-client.ts';
import { AppProcess } from '../stack/app-process.ts';
import { appNames, appScript, type AppName } from '../stack/apps.ts';
import type { EmbeddedOptions, EmbeddedServer } from '../stack/embedded/embedded-server.ts';
import { startKafka } from '../stack/embedded/kafka.ts';
import { postgresHome } from '../stack/embedded/postgres-home.ts';
import { startPostgres } from '../stack/embedded/postgres.ts';
import { startRegistry } from '../stack/embedded/registry.ts';
import { localEnvironment, type Part } from '../stack/environment.ts';
import { StackFailure, Stopped } from '../stack/failure.ts';
import { createFileLogger } from '../stack/file-logger.ts';
import { LogFile } from '../stack/log-file.ts';
import { freePorts } from '../stack/ports.ts';
import { dataFolder } from '../stack/repository.ts';
import { setUp } from '../stack/setup.ts';
import { startStep, warn } from '../stack/terminal.ts';
import { nowMs } from './clock.ts';

export interface SystemOptions {
  /** Processes of each app. Default: one. */
  readonly instances?: Readonly<Partial<Record<AppName, number>>>;
  /** Beside what every app gets. */
  readonly env?: Environment;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Goes on with the data that the last one left. Default: begins anew */
  readonly keepsData?: boolean;
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

export const benchFolder = join(dataFolder, 'bench');
const stackFolder = join(benchFolder, 'stack');
const logFolder = join(benchFolder, 'logs');
const readyDeadlineMs = 90_000;
const stopDeadlineMs = 6_500;

export class BenchSystem {
  readonly env: Environment;
  readonly api: ApiClient;
  readonly servers: ReadonlyMap<Part, EmbeddedServer>;
  readonly apps: AppInstance[] = [];
  /** What was started, in order, and how long it took. */
  readonly startTimes: StartTime[] = [];
  private readonly options: SystemOptions;
  private readonly ports: number[];

  private constructor(
    env: Environment,
    options: SystemOptions,
    servers: ReadonlyMap<Part, EmbeddedServer>,
    ports: number[],
  ) {
    this.env = env;
    this.options = options;
    this.servers = servers;
    this.ports = ports;
    const apiPort = ports[0] ?? 0;
    this.api = new ApiClient(`http://127.0.0.1:${apiPort}`, env['ADMIN_API_KEY'] ?? '');
  }

  /** @throws StackFailure when something does not come up, Stopped; whatever was started is stopped then */
  static async start(options: SystemOptions, signal: AbortSignal): Promise<BenchSystem> {
    const step = startStep('System');
    const clock = new StepClock();
    if (options.keepsData !== true) await removeData();
    const servers = new Map<Part, EmbeddedServer>();
    let system: BenchSystem | null = null;
    try {
      const ports = await freePorts(64);
      step.progress('Kafka, schema registry, PostgreSQL');
      await startServers(servers, ports, options, signal);
      const env = environmentOf(servers, options);
      clock.took('Kafka, schema registry and PostgreSQL');
      step.progress('tables, topics, schemas');
      await setUp(env, createFileLogger(join(logFolder, 'setup.log')));
      if (signal.aborted) throw new Stopped();
      clock.took('tables, topics and schemas');
      system = new BenchSystem(env, options, servers, ports);
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
      await system?.stopApps();
      await stopServers(servers);
      throw error;
    }
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
    await this.stopApps();
    await stopServers(this.servers);
    if (!keepsData) await removeData();
  }

  async stopApps(): Promise<void> {
    await Promise.all(this.apps.map(({ process }) => process.stop(stopDeadlineMs)));
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

async function startServers(
  servers: Map<Part, EmbeddedServer>,
  ports: number[],
  options: SystemOptions,
  signal: AbortSignal,
): Promise<void> {
  // The last ones: the first is the API's.
  const [kafkaPort = 0, controllerPort = 0, registryPort = 0, postgresPort = 0] = ports.splice(-4);
  const optionsOf = (part: Part, port: number): EmbeddedOptions => ({
    port,
    dataDir: join(stackFolder, part),
    logFile: join(logFolder, `${part}.log`),
    signal,
    onProgress: () => undefined,
    onDeath: warn,
  });
  const starts: Readonly<Record<Part, Promise<EmbeddedServer>>> = {
    kafka: startKafka({ ...optionsOf('kafka', kafkaPort), controllerPort }),
    registry: startRegistry(optionsOf('registry', registryPort)),
    postgres: startPostgres({ ...optionsOf('postgres', postgresPort), settings: options.postgresSettings ?? {} }),
  };
  const started = Object.entries(starts).map(async ([part, start]) => servers.set(part as Part, await start));
  const failed = (await Promise.allSettled(started)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function stopServers(servers: ReadonlyMap<Part, EmbeddedServer>): Promise<void> {
  await Promise.allSettled([servers.get('registry')?.stop(), servers.get('kafka')?.stop()]);
  await servers.get('postgres')?.stop();
}

function environmentOf(servers: ReadonlyMap<Part, EmbeddedServer>, options: SystemOptions): Environment {
  const addresses = Object.fromEntries([...servers].map(([part, { address }]) => [part, address]));
  const { env } = localEnvironment(process.env, {
    addresses,
    adminKey: () => `bench_${randomBytes(24).toString('base64url')}`,
    encryptionKeys: () => `bench:${randomBytes(32).toString('base64')}`,
  });
  return { ...env, ...options.env };
}

async function removeData(): Promise<void> {
  // PostgreSQL may keep its data elsewhere when run by root.
  const { dataDir } = await postgresHome(join(stackFolder, 'postgres'));
  rmSync(dataDir, { recursive: true, force: true });
  rmSync(stackFolder, { recursive: true, force: true });
  mkdirSync(stackFolder, { recursive: true });
}

async function untilReady({ name, process }: AppInstance, signal: AbortSignal): Promise<void> {
  try {
    await process.untilReady(readyDeadlineMs, signal);
  } catch (error) {
    if (!(error instanceof StackFailure)) throw error;
    throw new StackFailure(`${error.message}: see ${join(logFolder, `${name}.log`)}.`);
  }
}
