/** PgBouncer in front of a database, for one test: from .cache/pgbouncer, where .ci/run puts it, or from the path. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuarded } from '../../stack/embedded/guarded-process.ts';
import { freePorts } from '../../stack/ports.ts';
import { cacheFolder } from '../../stack/repository.ts';

export interface OwnPooler {
  /** As DATABASE_URL says it. */
  readonly url: string;
  stop(): Promise<void>;
}

interface PgBouncer {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Null when there is none on this machine. */
export function findPgBouncer(): PgBouncer | null {
  const folder = join(cacheFolder, 'pgbouncer');
  const places = [
    { command: join(folder, 'pgbouncer'), env: { LD_LIBRARY_PATH: folder } },
    { command: 'pgbouncer', env: {} },
  ];
  return places.find(({ command, env }) => spawnSync(command, ['--version'], { env }).status === 0) ?? null;
}

/** It refuses to be root. */
const nobody = 65_534;

export async function startPooler(
  { command, env }: PgBouncer,
  databaseUrl: string,
  poolMode: 'session' | 'transaction',
): Promise<OwnPooler> {
  const { hostname, port: databasePort, pathname, username, password } = new URL(databaseUrl);
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'webhooks-own-pooler-'));
  const settings = join(folder, 'pgbouncer.ini');
  const database = pathname.slice(1);
  const secret = password === '' ? '' : ` password=${decodeURIComponent(password)}`;
  writeFileSync(
    settings,
    `[databases]
${database} = host=${hostname} port=${databasePort || '5432'} user=${decodeURIComponent(username)}${secret}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${poolMode}
`,
  );
  const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : undefined;
  if (identity !== undefined) {
    for (const path of [folder, settings]) chownSync(path, identity.uid, identity.gid);
    chmodSync(folder, 0o700);
  }
  const server = await startGuarded({
    name: 'PgBouncer',
    command,
    args: [settings],
    env,
    ...(identity === undefined ? {} : { identity }),
    stopSignal: 'INT',
    pidFile: `${folder}.pid`,
    logFile: `${folder}.log`,
    mark: settings,
    ports: [port],
    isReady: () => accepts(port),
    readyDeadlineMs: 20_000,
  });
  return {
    url: `postgresql://${username}@127.0.0.1:${port}/${database}`,
    stop: async () => {
      await server.stop();
      for (const path of [folder, `${folder}.pid`, `${folder}.log`]) rmSync(path, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
