/**
 * Fills the compacted topics from the database. In: a system whose topics were lost, or differ. Out: what differed, in
 * the outbox, from where the relay of management-api publishes it. Holds: nothing passes by the outbox, so that a change
 * made meanwhile is never overtaken by what was true before it; it may be stopped and run again at any time.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { CurrentValues } from '../libs/postgres/webhooks/current-values.ts';
import { createOrm } from '../libs/postgres/orm.ts';
import { OutboxStore } from '../libs/postgres/outbox/outbox-store.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import { compareDefinitions, type TopicComparison } from './definitions-comparison.ts';
import { StackFailure, sentenceOf } from './failure.ts';
import { setupConfig } from './setup-config.ts';

export interface RepublishOptions {
  readonly isDryRun: boolean;
  /** Writes what is the same as well. */
  readonly isAll: boolean;
  readonly signal: AbortSignal;
  onCompared(comparisons: readonly TopicComparison[]): void;
  /** So many of all were put into the outbox. */
  onWritten(done: number, total: number): void;
  /** So many rows of the outbox are not published yet. */
  onWaiting(count: number): void;
}

export interface RepublishResult {
  readonly written: number;
  /** What is left in the outbox although nothing of it was published for a while: no relay runs. */
  readonly waiting: number;
  readonly isStopped: boolean;
}

const batchKeys = 500;
const lookEveryMs = 500;
/** So long the outbox may stay as it is before nobody is believed to relay it. */
const idleMsMax = 20_000;

/** @throws ConfigError, or what database, Kafka and registry throw */
export async function republishDefinitions(env: Environment, options: RepublishOptions): Promise<RepublishResult> {
  const config = readConfig(setupConfig, env);
  const orm = createOrm(config.DATABASE_URL, 2);
  try {
    const comparisons = await compareDefinitions(config, new CurrentValues(orm.em), new Date()).catch(unanswered);
    options.onCompared(comparisons);
    if (options.isDryRun) return { written: 0, waiting: 0, isStopped: false };
    const keys = comparisons.flatMap(({ topic, missing, different, ghosts, same }) =>
      [...missing, ...different, ...ghosts, ...(options.isAll ? same : [])].map((key) => ({ topic, key })),
    );
    const outbox = new OutboxStore(orm.em);
    let written = 0;
    for (; written < keys.length && !options.signal.aborted; written = Math.min(written + batchKeys, keys.length)) {
      await outbox.republish(keys.slice(written, written + batchKeys), new Date());
      options.onWritten(Math.min(written + batchKeys, keys.length), keys.length);
    }
    const waiting = written === 0 ? 0 : await untilRelayed(outbox, options);
    return { written, waiting, isStopped: options.signal.aborted };
  } finally {
    await orm.close(true);
  }
}

/** @throws StackFailure */
function unanswered(cause: unknown): never {
  const way = "see what 'npm run doctor' says of them, then run this again";
  throw new StackFailure(`Kafka, the registry or the database cannot be asked (${sentenceOf(cause)}): ${way}.`, {
    cause,
  });
}

/** Resolves with what is left: 0, or what nobody relays. */
async function untilRelayed(outbox: OutboxStore, options: RepublishOptions): Promise<number> {
  const { signal } = options;
  let least = Infinity;
  for (let idleMs = 0; idleMs < idleMsMax && !signal.aborted; idleMs += lookEveryMs) {
    const waiting = await outbox.count();
    if (waiting === 0) return 0;
    if (waiting < least) {
      idleMs = 0;
      least = waiting;
    }
    options.onWaiting(waiting);
    await pause(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return outbox.count();
}
