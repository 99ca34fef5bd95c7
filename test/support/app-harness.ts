/**
 * The system under test: the built apps as real processes, on topics, a database and ports of their own. They are
 * supervised as under `npm start`: one that dies is started again, one that a test killed is not.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { AppProcess } from '../../stack/app-process.ts';
import { appNames, appScript, type AppName } from '../../stack/apps.ts';
import { freePorts } from '../../stack/ports.ts';
import { setUp } from '../../stack/setup.ts';
import { createApiClient, type ApiClient } from '../../libs/api-client/api-client.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { PlantedSecrets } from './planted-secrets.ts';
import { SystemTopics, type OddRecord, type PublishOptions, type ReadRecord } from './system-topics.ts';
import { buildApps, testStack } from './test-stack.ts';

export type { AppName };

export interface SystemOptions {
  /** Default: all six. */
  readonly apps?: readonly AppName[];
  /** Added to, and stronger than, what every system of a test gets. */
  readonly env?: Readonly<Record<string, string>>;
  /** The same for one app alone, such as how Kafka knows it. Default: nothing */
  readonly envOf?: (app: AppName) => Readonly<Record<string, string>>;
  /** How many processes of an app. Default: one. */
  readonly instances?: Readonly<Partial<Record<AppName, number>>>;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; the text where it is none. */
  readonly body: unknown;
}

const readyDeadlineMs = 60_000;
const stopDeadlineMs = 12_000;
const logLinesMax = 20_000;
const definitionMs = 1_000;
/**
 * What may be answered before it counts. A webhook that is made or enabled counts when that is answered, and what waits for
 * that promise here would hide that it is broken.
 */
const changesDefinitions = /^\/v1\/(webhooks\/[^/]+(\/(disable|secret\/rotate))?|event-types\/.+)$/;

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const [stack] = await Promise.all([testStack({ kafka: true, registry: true, postgres: true }), buildApps()]);
  const adminKey = `admin-${randomBytes(12).toString('hex')}`;
  const env = {
    KAFKA_BROKERS: stack.kafkaBrokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    DATABASE_URL: await stack.createMigratedDatabase(),
    TOPIC_PREFIX: stack.topicPrefix,
    TOPIC_PARTITIONS: '4',
    TOPIC_REPLICATION: '1',
    ADMIN_API_KEY: adminKey,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    EGRESS_ALLOW: '127.0.0.0/8,::1/128',
    ALLOWED_URL_SCHEMES: 'https,http',
    ALLOWED_PORTS: '*',
    ...options.env,
  };
  await setUp(env, createLogger('setup', 'error'));
  const system = new System(env, adminKey, options.envOf);
  try {
    await system.startAll(options.apps ?? appNames, options.instances ?? {});
  } catch (error) {
    await system.stop();
    throw error;
  }
  return system;
}

export class System {
  /** Of role `admin`. */
  readonly adminKey: string;
  /** What every app of this system gets. */
  readonly env: Readonly<Record<string, string>>;
  /** What no app may ever say: checked when the system is stopped, whatever the test was about. */
  readonly secrets = new PlantedSecrets();
  private readonly envOf: NonNullable<SystemOptions['envOf']>;
  private readonly processes = new Map<AppName, AppProcess[]>();
  private readonly lines = new Map<AppName, string[]>();
  private readonly topics: SystemTopics;
  private deaths: string[] = [];
  private definitionsChangedAt = 0;

  /** Made by {@link startSystem}. */
  constructor(
    env: Readonly<Record<string, string>>,
    adminKey: string,
    envOf: NonNullable<SystemOptions['envOf']> = () => ({}),
  ) {
    this.env = env;
    this.envOf = envOf;
    this.adminKey = adminKey;
    this.secrets.plant('the admin key', adminKey);
    for (const item of (env['ENCRYPTION_KEYS'] ?? '').split(',')) {
      this.secrets.plant('an encryption key', item.slice(item.indexOf(':') + 1));
    }
    this.topics = new SystemTopics((env['KAFKA_BROKERS'] ?? '').split(','), env['TOPIC_PREFIX'] ?? '');
  }

  async startAll(apps: readonly AppName[], instances: Readonly<Partial<Record<AppName, number>>>): Promise<void> {
    const wanted = apps.flatMap((app) => Array.from({ length: instances[app] ?? 1 }, () => app));
    const ports = await freePorts(wanted.length);
    wanted.forEach((app, index) => {
      this.add(app, ports[index] ?? 0);
    });
    const started = [...this.processes.values()].flat();
    for (const process of started) process.start();
    await Promise.all(started.map((process) => this.untilReady(process)));
  }

  /** Address of an app's HTTP server. */
  url(app: AppName, index = 0): string {
    return this.instance(app, index).url;
  }

  /** Addresses of its processes that are running. */
  running(app: AppName): readonly string[] {
    return (this.processes.get(app) ?? []).filter(({ pid }) => pid !== null).map(({ url }) => url);
  }

  pid(app: AppName, index = 0): number | null {
    return this.instance(app, index).pid;
  }

  /** Sends the signal and waits until the process is gone. It stays away until {@link start}. */
  async kill(app: AppName, signal: NodeJS.Signals, index = 0): Promise<void> {
    await this.instance(app, index).kill(signal);
  }

  /** Starts a process that was killed, or, with the next higher index, one more. Resolves when it is ready. */
  async start(app: AppName, index = 0): Promise<void> {
    const instances = this.processes.get(app) ?? [];
    if (index === instances.length) this.add(app, (await freePorts(1))[0] ?? 0);
    const process = this.instance(app, index);
    process.start();
    await this.untilReady(process);
  }

  /** Everything that the app has logged so far, by all its processes. */
  logs(app: AppName): readonly string[] {
    return this.lines.get(app) ?? [];
  }

  /** Deaths that no test asked for, each with the last errors that the app told; the apps were started again. */
  get unexpectedDeaths(): readonly string[] {
    return this.deaths;
  }

  /** A request to the management API. @param key default: the admin's; empty: none */
  async api(method: string, path: string, body?: unknown, key = this.adminKey): Promise<ApiResponse> {
    const response = await fetch(`${this.url('management-api')}${path}`, {
      method,
      headers: {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    this.noteChange(method, path);
    return { status: response.status, headers: response.headers, body: parsed(text) };
  }

  /** The management API through the client that is generated from its document. @param key default: the admin's */
  client(key = this.adminKey): ApiClient {
    return createApiClient({
      url: this.url('management-api'),
      key,
      fetch: async (request) => {
        const response = await fetch(request);
        this.noteChange(request.method, new URL(request.url).pathname);
        return response;
      },
    });
  }

  /** CloudEvents in JSON onto the platform topic, by a plain Kafka client, in this order. */
  async publish(events: readonly object[], options?: PublishOptions): Promise<void> {
    await this.definitionsInForce();
    return this.topics.publish(events, options);
  }

  /** Any bytes onto the platform topic. */
  async publishRaw(records: readonly OddRecord[], options?: PublishOptions): Promise<void> {
    await this.definitionsInForce();
    return this.topics.publishRaw(records, options);
  }

  /** All records of a topic (named without prefix) up to its present end, in the order of each partition. */
  records(topic: string): Promise<ReadRecord[]> {
    return this.topics.records(topic);
  }

  private noteChange(method: string, path: string): void {
    if (method !== 'GET' && changesDefinitions.test(path)) this.definitionsChangedAt = Date.now();
  }

  /** These changes are in force within a second: an event that comes sooner may miss them. */
  private async definitionsInForce(): Promise<void> {
    const waitMs = this.definitionsChangedAt + definitionMs - Date.now();
    if (waitMs > 0) await setTimeout(waitMs);
  }

  /** @throws when an app has said a secret */
  async stop(): Promise<void> {
    await Promise.all([...this.processes.values()].flat().map((process) => process.stop(stopDeadlineMs)));
    await this.topics.close();
    for (const [app, lines] of this.lines) this.secrets.refuseIn(`the log of ${app}`, lines.join('\n'));
  }

  private add(app: AppName, port: number): void {
    const lines = this.lines.get(app) ?? [];
    this.lines.set(app, lines);
    const instance = new AppProcess({
      name: app,
      script: appScript(app),
      port,
      env: {
        ...process.env,
        ...this.env,
        ...this.envOf(app),
        KAFKA_INSTANCE_ID: `${app}-${port}`,
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: String(port),
      },
      onLine: (line) => {
        lines.push(line);
        if (lines.length > logLinesMax) lines.splice(0, logLinesMax / 2);
      },
      onDeath: ({ code, signal }) => {
        const errors = lines.filter((line) => line.includes('"level":"error"')).slice(-3);
        this.deaths.push([`${app}: ${signal ?? `exit ${String(code)}`}`, ...errors].join('\n'));
      },
    });
    this.processes.set(app, [...(this.processes.get(app) ?? []), instance]);
  }

  private instance(app: AppName, index: number): AppProcess {
    const instance = this.processes.get(app)?.[index];
    if (instance === undefined) throw new Error(`${app} number ${index} is no part of this system`);
    return instance;
  }

  private async untilReady(process: AppProcess): Promise<void> {
    try {
      await process.untilReady(readyDeadlineMs);
    } catch (cause) {
      const log = this.logs(process.options.name as AppName).slice(-15);
      throw new Error([cause instanceof Error ? cause.message : String(cause), ...log].join('\n'), { cause });
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
