/**
 * `npm run dev` as somebody uses it: it starts, a source changes, the apps are restarted, Ctrl-C ends all of it. Takes the ports of
 * `npm start`; where something has one of them, it says so and is left out. For .ci/run.
 */
import { spawn } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { connect } from 'node:net';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ports = [3000, 3001, 3002, 3003, 3004, 3005, 19092, 19093, 18081, 15432];
const limitMs = 300_000;

function isTaken(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy() && resolve(true));
    socket.once('error', () => resolve(false));
  });
}

async function takenPorts() {
  const taken = await Promise.all(ports.map(isTaken));
  return ports.filter((_, index) => taken[index]);
}

const before = await takenPorts();
if (before.length > 0) {
  console.log(`left out: something listens on port ${before.join(', ')}`);
  process.exit(0);
}

const child = spawn(process.execPath, [join(root, 'stack', 'start.mjs'), 'dev'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
let said = '';
child.stdout.on('data', (chunk) => {
  said += chunk;
  process.stdout.write(chunk);
});
const limit = setTimeout(stop, limitMs);

/** Who does not hear it is ended. */
function stop() {
  child.kill('SIGINT');
  setTimeout(() => child.kill('SIGKILL'), 30_000).unref();
}

/** @throws when it ends first */
async function saying(text) {
  for (;;) {
    if (said.includes(text)) return;
    const wait = new Promise((resolve) => child.stdout.once('data', () => resolve('more')));
    if ((await Promise.race([wait, ended])) !== 'more') throw new Error(`npm run dev ended before it said '${text}'`);
  }
}

try {
  await saying('watching the sources');
  // Again and again: how soon a system tells of a change is its own affair.
  const touching = setInterval(() => {
    const now = new Date();
    utimesSync(join(root, 'libs', 'runtime', 'product-version.ts'), now, now);
  }, 2_000);
  await saying('changed: building').finally(() => clearInterval(touching));
  await saying('Apps restarted');
  stop();
  const code = await ended;
  if (code !== 0) throw new Error(`npm run dev ended with ${code} after SIGINT`);
  const left = await takenPorts();
  if (left.length > 0) throw new Error(`something is left on port ${left.join(', ')}`);
  console.log('✓ npm run dev starts, reloads and stops');
} catch (error) {
  stop();
  await ended;
  console.error(`✗ ${error.message}`);
  process.exitCode = 1;
} finally {
  clearTimeout(limit);
}
