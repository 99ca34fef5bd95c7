/** What is installed in a checkout. Plain JavaScript for any Node from 20 on: it is asked before anything runs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** The package that brings Node 24 for this platform, by its file, as package.json locks them. */
function packagedNode(root) {
  const names = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];
  return names.map((name) => join(root, 'node_modules', name, 'bin', 'node')).find((file) => existsSync(file)) ?? null;
}

/** Node 24: the one in node_modules, else the one that runs, when it is new enough; null: none. */
export function nodeIn(root) {
  // An installation of before 0143 has it under its name only.
  for (const local of [packagedNode(root), join(root, 'node_modules', '.bin', 'node')]) {
    if (local !== null && spawnSync(local, ['--version']).status === 0) return local;
  }
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : null;
}

/**
 * Puts it where npm scripts look first, and where whoever runs an app without npm names it. npm makes the first of these links
 * itself, but npm 10 removes it again together with the packages of other platforms, whose programs have the same name.
 */
export function linkNode(root) {
  const packaged = packagedNode(root);
  if (packaged === null) return;
  for (const place of ['.bin/node', 'node/bin/node']) {
    const link = join(root, 'node_modules', place);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    // One that leads nowhere is in the way.
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(link), packaged), link);
  }
}

/** What to do when there is none, to go on a sentence. */
export function missingNode() {
  return `run 'npm ci --include=optional' with the network on; where there is none for ${process.platform}-${process.arch}, install Node.js 24 and run this with it`;
}

/** `npm ci` runs this when it is done. */
if (process.argv[1] === fileURLToPath(import.meta.url)) linkNode(dirname(dirname(fileURLToPath(import.meta.url))));
