/**
 * Indexes that are made beside whoever reads and writes, however large a table has become. In: what is to be there.
 * Out: it, and how far that is, in the log. What must hold: no lock that anybody waits for is held or waited for; a run
 * that was cut off is gone on with, partition by partition, and what it left half made is made anew; a partition that
 * is dropped meanwhile needs none any more.
 */
import type { Logger } from '../../runtime/logger.ts';
import { IndexProgress, type IndexBuildState } from './index-progress.ts';
import { patiently } from './patience.ts';

export interface WantedIndex {
  readonly name: string;
  readonly table: string;
  /** What stands behind `on <table>`, such as `(client_id, id desc)`. */
  readonly on: string;
}

/** One statement on a connection that waits as long as it takes. */
export type Statement = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface IndexBuildOptions {
  /** For making: nothing else runs there. */
  readonly make: Statement;
  /** For looking at it meanwhile. */
  readonly look: Statement;
  readonly logger: Logger;
  /** Default: 5000 */
  readonly progressEveryMs?: number;
}

/** For what takes a moment and a lock that others wait for; with what follows it is one transaction. */
const soon = "set local lock_timeout = '2s';";
/** Bytes of a name, PostgreSQL's NAMEDATALEN less one: it cuts off the rest. */
const nameBytesMax = 63;

/**
 * Of those that are not there. Returns the names of indexes and of their parts that were made now.
 * @throws what PostgreSQL says; after a deadlock what is half made is made anew by the next call
 */
export async function buildIndexes(wanted: readonly WantedIndex[], options: IndexBuildOptions): Promise<string[]> {
  const made: string[] = [];
  for (const index of wanted) {
    const isInParts = await isPartitioned(options.make, index.table);
    made.push(...(await (isInParts ? buildInParts(index, options) : buildOne(index, options))));
  }
  return made;
}

async function isPartitioned(run: Statement, table: string): Promise<boolean> {
  const [found] = await run<{ kind: string }>('select relkind as kind from pg_class where oid = $1::regclass', [table]);
  return found?.kind === 'p';
}

/** The newest first, which are read most, and the default one last. */
async function partsOf(run: Statement, table: string): Promise<string[]> {
  const rows = await run<{ part: string }>(
    `select c.oid::regclass::text as part from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass order by pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT', c.relname desc`,
    [table],
  );
  return rows.map(({ part }) => part);
}

async function buildOne({ name, table, on }: WantedIndex, options: IndexBuildOptions): Promise<string[]> {
  const state = await stateOf(options.make, name);
  if (state === 'valid') return [];
  // Half made it is kept up to date by every write and used by nobody.
  if (state === 'invalid') await options.make(`drop index concurrently if exists ${name}`);
  const { logger } = options;
  logger.info({ index: name, table }, 'index is being made');
  const watch = watchProgress(name, table, options);
  try {
    await options.make(`create index concurrently ${name} on ${table} ${on}`);
  } finally {
    clearInterval(watch);
  }
  logger.info({ index: name, table }, 'index made');
  return [name];
}

/**
 * The parent's first, of nothing: partitions that come from then on get theirs by it. It is valid once the last of all
 * is given to it, which is the default partition's: the one that nobody drops.
 */
async function buildInParts(index: WantedIndex, options: IndexBuildOptions): Promise<string[]> {
  const { name, table, on } = index;
  const { make, logger } = options;
  if ((await stateOf(make, name)) === 'valid') return [];
  await patiently(() => make(`${soon} create index if not exists ${name} on only ${table} ${on}`), logger);
  const made: string[] = [];
  for (const part of await partsOf(make, table)) {
    try {
      made.push(...(await buildPart(index, part, options)));
    } catch (error) {
      if (await isThere(make, part)) throw error;
      logger.info({ index: name, table: part }, 'partition was dropped meanwhile and needs no index');
    }
  }
  if ((await stateOf(make, name)) !== 'valid') {
    throw new Error(`the index ${name} is not valid though every partition has one: drop it and run this again`);
  }
  return made;
}

async function buildPart({ name, on }: WantedIndex, part: string, options: IndexBuildOptions): Promise<string[]> {
  const { make, logger } = options;
  if (await hasPart(make, name, part)) return [];
  const partName = `${part}_${name}`;
  if (Buffer.byteLength(partName) > nameBytesMax) throw new RangeError(`the name ${partName} of an index is too long`);
  const made = await buildOne({ name: partName, table: part, on }, options);
  await patiently(() => make(`${soon} alter index ${name} attach partition ${partName}`), logger);
  return made;
}

async function stateOf(run: Statement, name: string): Promise<'valid' | 'invalid' | null> {
  const [row] = await run<{ isValid: boolean }>(
    `select indisvalid as "isValid" from pg_index where indexrelid = to_regclass($1)`,
    [name],
  );
  if (row === undefined) return null;
  return row.isValid ? 'valid' : 'invalid';
}

async function isThere(run: Statement, table: string): Promise<boolean> {
  return (await run('select 1 as one from pg_class where oid = to_regclass($1)', [table])).length > 0;
}

async function hasPart(run: Statement, name: string, table: string): Promise<boolean> {
  const found = await run(
    `select 1 as one from pg_inherits i join pg_index x on x.indexrelid = i.inhrelid
     where i.inhparent = to_regclass($1) and x.indrelid = to_regclass($2)`,
    [name, table],
  );
  return found.length > 0;
}

function watchProgress(
  index: string,
  table: string,
  { look, logger, progressEveryMs = 5_000 }: IndexBuildOptions,
): NodeJS.Timeout {
  const progress = new IndexProgress();
  return setInterval(() => {
    look<IndexBuildState & { waitsForPid: number | null }>(progressSql, [index]).then(
      ([state]) => {
        if (state === undefined) return;
        const { phase, waitsForPid } = state;
        const waits = waitsForPid === null ? {} : { waitsForPid };
        logger.info({ index, table, phase, percent: progress.percentOf(state), ...waits }, 'index is being made');
      },
      () => undefined,
    );
  }, progressEveryMs);
}

const progressSql = `
select phase, blocks_done::float8 as "blocksDone", blocks_total::float8 as "blocksTotal",
  tuples_done::float8 as "tuplesDone", tuples_total::float8 as "tuplesTotal",
  case when phase like 'waiting for %' then nullif(current_locker_pid, 0)::int end as "waitsForPid"
from pg_stat_progress_create_index where index_relid = to_regclass($1) and datname = current_database()`;
