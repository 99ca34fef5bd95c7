/** Servers that one test has for itself, to stop and start them: embedded ones, whatever the others of the run are. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedServer } from '../../stack/embedded/embedded-server.ts';
import { startKafka } from '../../stack/embedded/kafka.ts';
import { startPostgres } from '../../stack/embedded/postgres.ts';
import { freePorts } from '../../stack/ports.ts';

export interface OwnServer {
  /** As the environment variable of the apps says it; the same over stops and starts. */
  readonly address: string;
  /** With its data, as after the loss of its process. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

export async function startOwnServer(name: 'kafka' | 'postgres'): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), `webhooks-own-${name}-`));
  // PostgreSQL may run as somebody else, who has to get through: else its data goes where nobody removes it.
  chmodSync(folder, 0o755);
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const options = { port, dataDir: join(folder, 'data'), logFile: join(folder, 'log'), onProgress: () => undefined };
  const launch = (): Promise<EmbeddedServer> =>
    name === 'kafka' ? startKafka({ ...options, controllerPort }) : startPostgres(options);
  let server = await launch();
  return {
    address: server.address,
    kill: () => server.kill(),
    stop: () => server.stop(),
    start: async () => {
      server = await launch();
    },
    remove: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
