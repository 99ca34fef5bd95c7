/** What is installed in a checkout. Plain JavaScript for any Node from 20 on: it is asked before anything runs. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** True when node_modules holds what package-lock.json names; packages of other platforms may be missing. */
export function isInstalled(root) {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional === true || installed[path]?.version === entry.version,
  );
}

/** Node 24: the one in node_modules, else the one that runs, when it is new enough; null: none. */
export function nodeIn(root) {
  const local = join(root, 'node_modules', '.bin', 'node');
  if (spawnSync(local, ['--version']).status === 0) return local;
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : null;
}
