/** pg_dump and its like of PostgreSQL 18 or newer: from .cache/postgres-programs, where .ci/run puts them, or from the path. */
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { cacheFolder } from '../../stack/repository.ts';

/** Of the embedded server: an older pg_dump refuses it. */
const majorMin = 18;

/** The PATH with which they are found; null when there are none on this machine. */
export function pathWithPostgresPrograms(): string | null {
  const path = process.env['PATH'] ?? '';
  const folder = join(cacheFolder, 'postgres-programs', 'embedded_postgres', 'pginstall', 'bin');
  const hasThem = (PATH: string) => {
    const { status, stdout } = spawnSync('pg_dump', ['--version'], { env: { PATH }, encoding: 'utf8' });
    return status === 0 && Number(/\) (\d+)/.exec(stdout)?.[1]) >= majorMin;
  };
  return [`${folder}${delimiter}${path}`, path].find(hasThem) ?? null;
}
