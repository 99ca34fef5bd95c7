/**
 * `npm run build`: compiles apps, libs, stack, cli and bench into dist/ with swc, bundles the apps (bundle.mjs), and builds
 * the portal into dist/portal with Vite, in some seconds; each of them only when a source of it changed. Files that changed
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

/** What the portal is made from: its own sources, what it may import, and texts that it shows. */
export const portalSources = ['portal', 'libs/domain', 'libs/api-contract', 'libs/api-client', 'docs/receivers'];

/** @param {string} root @param {string} node binary that runs swc and Vite */
export function build(root, node) {
  buildApps(root, node);
  buildPortal(root, node);
}

/** The same without the portal. @param {string} root @param {string} node binary that runs swc */
export function buildApps(root, node) {
  const stamp = join(root, 'dist', '.built-from');
  const state = stateOf(root, sources, ['.swcrc', 'package-lock.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state && isWhole(root)) return;
  // Beside dist/, not below it: source maps name their sources relative to the depth.
  const fresh = join(root, `.build-${process.pid}`);
  const dist = join(root, 'dist');
  try {
    compile(root, node, fresh);
    const kept = new Set(filesBelow(fresh).sort((one, other) => placeOf(one) - placeOf(other)));
    for (const file of kept) replace(join(fresh, file), join(dist, file));
    for (const file of filesBelow(dist)) {
      if (!kept.has(file) && !file.startsWith('portal/')) rmSync(join(dist, file));
    }
    writeFileSync(stamp, state);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function buildPortal(root, node) {
  const dist = join(root, 'dist', 'portal');
  const stamp = join(dist, '.built-from');
  const state = stateOf(root, portalSources, ['package-lock.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  const fresh = join(root, `.build-portal-${process.pid}`);
  try {
    const args = [join(root, 'portal', 'build.mjs'), fresh];
    run(node, args, root, 'the build of the portal');
    const kept = filesBelow(fresh).sort((one, other) => placeOf(one) - placeOf(other));
    for (const file of kept) replace(join(fresh, file), join(dist, file));
    for (const file of filesBelow(dist)) if (!kept.includes(file)) rmSync(join(dist, file));
    writeFileSync(stamp, state);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** What names other files comes after them: a page after its assets, an app after its chunks. */
function placeOf(file) {
  return /^(assets|apps\/chunks)\//.test(file) ? 0 : 1;
}

/** Changes when any source, the compiler or its settings do. */
function stateOf(root, folders, more) {
  const hash = createHash('sha256');
  const files = folders.flatMap((folder) =>
    filesBelow(join(root, folder))
      // Made for the type checker alone, and made anew by it.
      .filter((file) => !file.startsWith('generated/') && !file.endsWith('.spec.ts'))
      .map((file) => join(folder, file)),
  );
  for (const file of [...files.sort(), ...more]) {
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
  run(node, args, root, 'the build');
  // What is JavaScript already, and what is compiled imports it under its own name.
  for (const folder of present) {
    for (const file of filesBelow(join(root, folder)).filter((name) => name.endsWith('.mjs'))) {
      mkdirSync(dirname(join(outDir, folder, file)), { recursive: true });
      copyFileSync(join(root, folder, file), join(outDir, folder, file));
    }
  }
  run(node, [join(root, 'stack', 'bundle.mjs'), root, outDir], root, 'the build');
}

function run(node, args, root, what) {
  const { status, error, stderr } = spawnSync(node, args, { cwd: root, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${what} failed:\n${stderr}`);
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

const help = `npm run build

Compiles apps, libs, stack and the command line into dist/, and builds the portal; what has not changed stays as it is.`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (/^(--help|-h)$/.test(process.argv[2])) {
    console.log(help);
    process.exit(0);
  }
  try {
    build(dirname(dirname(fileURLToPath(import.meta.url))), process.execPath);
  } catch (error) {
    console.error(`✗ ${error.message}`);
    process.exit(1);
  }
}
