/** Where things lie: the repository itself, the data of `npm start` and what was downloaded. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function findRoot(): string {
  // Sources lie one level below the root, compiled code two (dist/): look upwards instead of counting.
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package-lock.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no repository above ${import.meta.dirname}`);
    folder = parent;
  }
  return folder;
}

export const repositoryRoot = findRoot();

/** Topics, schemas, tables, keys and logs of `npm start`; survives a restart. */
export const dataFolder = join(repositoryRoot, '.data');

/** Downloads, by name and version; may be deleted at any time. */
export const cacheFolder = join(repositoryRoot, '.cache');
