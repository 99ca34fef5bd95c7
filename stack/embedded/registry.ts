/** Embedded Apicurio Registry, with its schemas in an H2 file so that they survive a restart. */
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { EmbeddedOptions, EmbeddedServer } from './embedded-server.ts';
import { startGuarded } from './guarded-process.ts';
import { javaEnvironment, requireJava } from './java.ts';
import { fetchRegistry } from './maven.ts';

const registryVersion = '3.0.9';

/** Where `npm start` runs it. */
export const registryPort = 18_081;

/** `address` of the result is the URL of the Confluent-compatible API. @throws StackFailure, Stopped */
export async function startRegistry(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const java = requireJava();
  const folder = await fetchRegistry(registryVersion, options);
  mkdirSync(options.dataDir, { recursive: true });
  options.onProgress('starting');
  const address = `http://127.0.0.1:${options.port}/apis/ccompat/v7`;
  // From where it runs: in an address of H2 a semicolon ends the path, and its configuration knows more such characters.
  const database = join(relative(folder, options.dataDir), 'schemas');
  const server = await startGuarded({
    ...options,
    name: 'Apicurio Registry',
    command: java,
    args: [
      '-Xmx256m',
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      `-Dstack.data=${options.dataDir}`,
      '-jar',
      `apicurio-registry-app-${registryVersion}-runner.jar`,
    ],
    cwd: folder,
    env: {
      ...javaEnvironment,
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(options.port),
      QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'h2',
      // Records in Kafka name schemas by id: one must be on disk before its id is handed out, hence no delay.
      APICURIO_DATASOURCE_URL: `jdbc:h2:file:./${database};WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE`,
      APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MAX_SIZE: '10',
      ...options.settings,
    },
    stopSignal: 'TERM',
    pidFile: join(options.dataDir, 'server.pid'),
    mark: `-Dstack.data=${options.dataDir}`,
    ports: [options.port],
    isReady: () => answers(`${address}/subjects`),
    readyDeadlineMs: 60_000,
  });
  return {
    address,
    get pid() {
      return server.pid;
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
