/**
 * The door: `node stack/start.mjs <verb>`, straight after clone, on any Node from 20 on and with nothing installed.
 * It installs the locked dependencies when they are missing, builds, and goes on as the verb in Node 24, which is
 * one of those dependencies. Plain JavaScript, because before it ran there is nothing that could compile.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { isInstalled, missingNode, nodeIn } from './installed.mjs';
import { takeLock } from './lock.mjs';
import { isRunning } from './running.mjs';
import { pathProblem } from './usable-path.mjs';

const verbs = [
  'start',
  'test',
  'setup',
  'smoke',
  'config',
  'doctor',
  'dev',
  'app',
  'bench',
  'rotate-keys',
  'republish-definitions',
  'seed-history',
];
const root = dirname(dirname(fileURLToPath(import.meta.url)));

function fail(sentence) {
  console.error(`\n✗ ${sentence}`);
  process.exit(1);
}

/** Two that install into one folder delete what the other has half made. */
async function installAlone() {
  const lock = takeLock(join(root, '.data', 'run', 'install.pid'), isInstaller);
  if ('heldBy' in lock) {
    fail(`Process ${lock.heldBy} is installing the dependencies here: wait until it is done, then try again.`);
  }
  // Also where npm fails, which ends this process.
  process.once('exit', lock.release);
  if (!isInstalled(root)) await install();
  lock.release();
}

/** After a kill its pid may be that of anything, in a container of much the same: of the shell that npm runs this through, too. */
function isInstaller(pid) {
  return pid !== process.ppid && isRunning(pid, 'start.mjs');
}

/** Silence looks like a hang, and without a terminal npm says nothing until it is done. */
function install() {
  console.log('Installing the locked dependencies (about a minute, 500 MB) …');
  const startedAt = performance.now();
  const heartbeat = setInterval(() => {
    if (!process.stdout.isTTY)
      console.log(`… still installing (${Math.round((performance.now() - startedAt) / 1000)} s)`);
  }, 10_000);
  const npm = process.env['npm_execpath'];
  const [command, prefix] = npm?.endsWith('.js') === true ? [process.execPath, [npm]] : ['npm', []];
  return new Promise((resolve) => {
    const child = spawn(command, [...prefix, 'ci', '--include=dev', '--no-audit', '--no-fund'], {
      cwd: root,
      // Our engines field is what counts: some dependencies ask for the Node that is being installed.
      env: { ...process.env, npm_config_loglevel: 'error', npm_config_progress: 'true' },
      stdio: 'inherit',
    });
    child.on('error', (error) => fail(`npm cannot be run (${error.message}): install npm, or run 'npm ci' yourself.`));
    child.on('exit', (code) => {
      clearInterval(heartbeat);
      if (code === 0) resolve();
      else fail("'npm ci' failed, see above: check the network and the free disk space, then try again.");
    });
  });
}

function nodeBinary() {
  return nodeIn(root) ?? fail(`Node.js 24 is missing in node_modules: ${missingNode()}.`);
}

function run(verb, args) {
  const folder = verb === 'bench' || verb === 'seed-history' ? ['bench'] : ['stack', 'verbs'];
  const script = join(root, 'dist', ...folder, `${verb}.js`);
  const child = spawn(nodeBinary(), ['--enable-source-maps', script, ...args], {
    cwd: root,
    // When this process is killed the channel closes, and the verb stops what it started.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // The child decides when it is done. A terminal sends Ctrl-C to both, and twice is once; what reaches this process alone
  // is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
  stopWhenOrphaned(child);
  child.on('error', (error) => fail(`Node.js cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

/** npm that is killed hard leaves this process behind, and nobody could stop it any more. */
function stopWhenOrphaned(child) {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const npm = parentOfShell(parent);
  setInterval(() => {
    if (process.ppid !== parent || parentOfShell(parent) !== npm) child.kill('SIGTERM');
  }, 1000).unref();
}

/** npm runs scripts through a shell, which stays in between on some systems; null: no shell, or no way to know. */
function parentOfShell(pid) {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return /sh$/.test(name) ? parent : null;
  } catch {
    return null;
  }
}

async function main() {
  const [verb = '', ...args] = process.argv.slice(2);
  if (Number(process.versions.node.split('.')[0]) < 20) {
    fail(`Node.js ${process.versions.node} is too old: install Node.js 20 or newer (it fetches Node.js 24 by itself).`);
  }
  const problem = pathProblem(root);
  if (problem !== null) fail(problem);
  if (!verbs.includes(verb)) fail(`Unknown verb '${verb}': use one of ${verbs.join(', ')}.`);
  try {
    if (!isInstalled(root)) await installAlone();
    build(root, nodeBinary());
    run(verb, args);
  } catch (error) {
    if (error.code === 'EROFS' || error.code === 'EACCES') {
      fail(
        `${error.message}: this folder has to be writable for this user, as the dependencies and the data go there.`,
      );
    }
    if (error.code === 'ENOSPC') fail(`The disk is full: free some space below ${root} and try again.`);
    fail(error.message);
  }
}

await main();
