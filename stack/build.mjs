/**
 * `npm run build`: compiles apps, libs, stack, cli and bench into dist/ with swc, in about a second. Files that changed
 * are put in place by rename and files without a source go, so that processes that run from dist/ never see half a build.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = ['apps', 'libs', 'stack', 'cli', 'bench'];

/** @param {string} root @param {string} node binary that runs swc */
export function build(root, node) {
  const stamp = join(root, 'dist', '.built-from');
  const state = stateOfSources(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state && isWhole(root)) return;
  // Beside dist/, not below it: source maps name their sources relative to the depth.
  const fresh = join(root, `.build-${process.pid}`);
  const dist = join(root, 'dist');
  try {
    compile(root, node, fresh);
    const kept = new Set(filesBelow(fresh));
    for (const file of kept) replace(join(fresh, file), join(dist, file));
    for (const file of filesBelow(dist)) if (!kept.has(file)) rmSync(join(dist, file));
    writeFileSync(stamp, state);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Changes when any source, the compiler or its settings do. */
function stateOfSources(root) {
  const hash = createHash('sha256');
  const files = sources.flatMap((folder) => filesBelow(join(root, folder)).map((file) => join(folder, file)));
  for (const file of [...files.sort(), '.swcrc', 'package-lock.json']) {
    const { mtimeMs, size } = statSync(join(root, file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function isWhole(root) {
  const compiled = sources.flatMap((folder) =>
    filesBelow(join(root, folder))
      .filter((file) => /\.(ts|mjs)$/.test(file) && !/\.(spec|d)\.ts$/.test(file))
      .map((file) => join(root, 'dist', folder, file.replace(/\.ts$/, '.js'))),
  );
  return compiled.every((file) => existsSync(file));
}

function compile(root, node, outDir) {
  const swc = join(root, 'node_modules', '@swc', 'cli', 'bin', 'swc.js');
  // An image has no bench/.
  const present = sources.filter((folder) => existsSync(join(root, folder)));
  const ignored = ['**/*.spec.ts', '**/*.mjs', '**/*.d.mts'].flatMap((pattern) => ['--ignore', pattern]);
  const args = [swc, ...present, '--out-dir', outDir, ...ignored, '--quiet'];
  const { status, error, stderr } = spawnSync(node, args, { cwd: root, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
  // What is JavaScript already, and what is compiled imports it under its own name.
  for (const folder of present) {
    for (const file of filesBelow(join(root, folder)).filter((name) => name.endsWith('.mjs'))) {
      mkdirSync(dirname(join(outDir, folder, file)), { recursive: true });
      copyFileSync(join(root, folder, file), join(outDir, folder, file));
    }
  }
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
}

function replace(from, to) {
  if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) return;
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    build(dirname(dirname(fileURLToPath(import.meta.url))), process.execPath);
  } catch (error) {
    console.error(`✗ ${error.message}`);
    process.exit(1);
  }
}
