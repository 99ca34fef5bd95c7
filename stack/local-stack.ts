/**
 * The whole system on this machine: embedded parts (those that the environment does not name), setup, apps. Whatever
 * was started is stopped in the order apps, registry, Kafka, PostgreSQL, also when something on the way failed.
 */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../libs/runtime/config.ts';
import { requireConfiguration } from './configuration-problems.ts';
import { definitionsNotice } from './definitions-notice.ts';
import { EmbeddedParts } from './embedded-parts.ts';
import { embeddedParts, localEnvironment, parts as allParts } from './environment.ts';
import { StackFailure, Stopped } from './failure.ts';
import { createFileLogger } from './file-logger.ts';
import { presentEnvironment } from './local-access.ts';
import { lockStack } from './running-stack.ts';
import { requireOutsideParts } from './outside-parts.ts';
import { dataFolder } from './repository.ts';
import { adminKey, encryptionKeys } from './secrets.ts';
import { setUp } from './setup.ts';
import { Supervisor } from './supervisor.ts';
import { say, startStep, warn } from './terminal.ts';
import { monotonicMs } from '../libs/runtime/monotonic.ts';

const freeMegabytesMin = 500;
/** Keys of this installation need not be there to see that everything else can be read. */
const placeholders = { adminKey: () => '', encryptionKeys: () => `none:${Buffer.alloc(32).toString('base64')}` };

export interface LocalStack {
  readonly env: Environment;
  readonly supervisor: Supervisor;
}

/** Starts it, runs `whileUp`, stops it. @throws StackFailure, ConfigError, Stopped */
export async function runLocalStack(signal: AbortSignal, whileUp: (stack: LocalStack) => Promise<void>): Promise<void> {
  const unlock = lockStack();
  const parts = new EmbeddedParts(signal);
  let supervisor: Supervisor | null = null;
  try {
    requireConfiguration(presentEnvironment(placeholders));
    requireSpace();
    const env = await startParts(parts, signal);
    await prepare(env, signal);
    supervisor = new Supervisor(env);
    await supervisor.start(signal);
    for (const notice of await definitionsNotice(env)) warn(notice);
    await whileUp({ env, supervisor });
  } finally {
    await stop(supervisor, parts);
    unlock();
  }
}

async function startParts(parts: EmbeddedParts, signal: AbortSignal): Promise<Environment> {
  const embedded = embeddedParts(process.env);
  await requireOutsideParts(
    allParts.filter((part) => !embedded.includes(part)),
    process.env,
  );
  await Supervisor.makeRoom();
  const addresses = await parts.start(embedded);
  if (signal.aborted) throw new Stopped();
  const { env, opened } = localEnvironment(process.env, { addresses, adminKey, encryptionKeys });
  if (opened.length > 0)
    warn(`Development mode: deliveries to this machine and over http are open (${opened.join(' ')})`);
  return env;
}

async function prepare(env: Environment, signal: AbortSignal): Promise<void> {
  const step = startStep('Tables, topics, schemas');
  step.progress('checking');
  const result = await setUp(env, createFileLogger(join(dataFolder, 'logs', 'setup.log'))).finally(step.fail);
  step.done(
    `${result.migrations.length} migrated, ${result.createdTopics.length} topics made, ${result.schemaCount} schemas registered`,
  );
  for (const problem of result.mismatched)
    warn(`Topic differs from the configuration and is left as it is: ${problem}`);
  if (signal.aborted) throw new Stopped();
}

async function stop(supervisor: Supervisor | null, parts: EmbeddedParts): Promise<void> {
  const startedAt = monotonicMs();
  if (supervisor === null && !parts.isAnyUp) return;
  say('\nStopping …');
  await supervisor?.stop();
  const { elsewhere } = parts;
  await parts.stop();
  say(
    `✓ Stopped (${((monotonicMs() - startedAt) / 1000).toFixed(1)} s); the data is in ${[dataFolder, ...elsewhere].join(' and ')}`,
  );
}

function requireSpace(): void {
  const { bavail, bsize } = statfsSync(dataFolder);
  const freeMegabytes = Math.floor((bavail * bsize) / 1_000_000);
  if (freeMegabytes >= freeMegabytesMin) return;
  throw new StackFailure(
    `Only ${freeMegabytes} MB are free at ${dataFolder}: free at least ${freeMegabytesMin} MB and try again.`,
  );
}
