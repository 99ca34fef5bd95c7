/**
 * The servers that real-stack tests share, each started when a test first asks for it and once for the whole run:
 * those of the environment, or containers with TEST_STACK=containers, or embedded ones on free ports with their data
 * in a temporary folder.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../stack/build.mjs';
import { startKafka } from '../../stack/embedded/kafka.ts';
import { startPostgres } from '../../stack/embedded/postgres.ts';
import { startRegistry } from '../../stack/embedded/registry.ts';
import { isRunning } from '../../stack/running.mjs';
import { freePorts } from '../../stack/ports.ts';
import { repositoryRoot } from '../../stack/repository.ts';
import { startContainer } from './test-containers.ts';

export type ServerName = 'kafka' | 'registry' | 'postgres';

/** The environment variable by which an outside server is named. */
export const addressVariables: Readonly<Record<ServerName, string>> = {
  kafka: 'KAFKA_BROKERS',
  registry: 'SCHEMA_REGISTRY_URL',
  postgres: 'DATABASE_URL',
};

interface RunningServer {
  readonly address: string;
  stop(): Promise<unknown>;
}

const folderPrefix = 'webhooks-test-';

/** Named after this process; those of runs that were killed go. */
function ownFolder(): string {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(folderPrefix))) {
    const pid = Number(name.slice(folderPrefix.length).split('-')[0]);
    if (Number.isInteger(pid) && !isRunning(pid, 'node'))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  // PostgreSQL may run as somebody else, who has to get through.
  chmodSync(folder, 0o755);
  return folder;
}

export class TestServers {
  private readonly folder = ownFolder();
  private readonly running = new Map<ServerName, Promise<RunningServer>>();
  private built: Promise<void> | null = null;

  async address(name: ServerName): Promise<string> {
    let server = this.running.get(name);
    if (server === undefined) {
      server = this.start(name);
      this.running.set(name, server);
    }
    return (await server).address;
  }

  /** Compiles what the app processes run, unless the caller of jest has done so. */
  build(): Promise<void> {
    this.built ??= Promise.resolve().then(() => {
      if (process.env['STACK_IS_BUILT'] !== 'true') build(repositoryRoot, process.execPath);
    });
    return this.built;
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.running.values()].map(async (server) => (await server).stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async start(name: ServerName): Promise<RunningServer> {
    const given = process.env[addressVariables[name]];
    if (given !== undefined && given !== '') return { address: given, stop: () => Promise.resolve() };
    if (process.env['TEST_STACK'] === 'containers') return startContainer(name);
    const [port = 0, controllerPort = 0] = await freePorts(2);
    const options = {
      port,
      dataDir: join(this.folder, name),
      logFile: join(this.folder, `${name}.log`),
      onProgress: () => undefined,
      onDeath: (sentence: string) => process.stderr.write(`${sentence}\n`),
    };
    switch (name) {
      case 'kafka':
        return startKafka({ ...options, controllerPort });
      case 'registry':
        return startRegistry(options);
      case 'postgres':
        // The data is thrown away: a crash of the machine may lose it.
        return startPostgres({ ...options, settings: { fsync: 'off' } });
    }
  }
}
