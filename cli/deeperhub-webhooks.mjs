#!/usr/bin/env node
/**
 * The door of the command line: `npx deeperhub-webhooks <command>` in a checkout. Builds what changed and goes on in
 * Node.js 24, in the folder of whoever calls, so that file names mean what they say. Plain JavaScript for any Node from
 * 20 on.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildApps } from '../stack/build.mjs';
import { missingNode, nodeIn } from '../stack/installed.mjs';

/** Like `usage` of exit-codes.ts. */
const usageCode = 2;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

function fail(sentence) {
  console.error(`✗ ${sentence}`);
  process.exit(usageCode);
}

function start() {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) {
    fail(`Nothing is installed in ${root}: run 'npm ci' there, or 'npm start' once.`);
  }
  const node = nodeIn(root) ?? fail(`Node.js 24 is missing in node_modules: ${missingNode()}.`);
  try {
    buildApps(root, node);
  } catch (error) {
    fail(error.message);
  }
  const script = join(root, 'dist', 'cli', 'main.js');
  // When this process is killed the channel closes, and the command cleans up.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(node, ['--enable-source-maps', script, ...process.argv.slice(2)], { stdio });
  // The child decides when it is done. A terminal sends Ctrl-C to both, and twice is once; what reaches this process alone
  // is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
  child.on('error', (error) => fail(`Node.js cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

start();
