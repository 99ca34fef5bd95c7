/**
 * Indexes that are made beside whoever reads and writes, however large a table has become. In: what is to be there.
 * Out: it, and how far that is, in the log. What must hold: no lock that anybody waits for is held or waited for; a run
 * that was cut off is gone on with, partition by partition, and what it left half made is made anew.
 */
import type { Logger } from '../runtime/logger.ts';

export interface WantedIndex {
  readonly name: string;
  readonly table: string;
  /** What stands behind `on <table>`, such as `(client_id, id desc)`. */
  readonly on: string;
}

/** One statement on a connection that waits as long as it takes. */
export type Statement = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface IndexBuildOptions {
  /** For making: nothing else runs there. Rejects with 55P03 where a lock is not to be had soon: to be tried again. */
  readonly make: Statement;
  /** For looking at it meanwhile. */
  readonly look: Statement;
  readonly logger: Logger;
  /** Default: 5000 */
  readonly progressEveryMs?: number;
}

/** For what takes a moment and a lock that others wait for; with what follows it is one transaction. */
const soon = "set local lock_timeout = '2s';";

/** Of those that are not there. Returns the names of indexes and of their parts that were made now. */
export async function buildIndexes(wanted: readonly WantedIndex[], options: IndexBuildOptions): Promise<string[]> {
  const made: string[] = [];
  for (const index of wanted) {
    const parts = await partsOf(options.make, index.table);
    made.push(...(parts === null ? await buildOne(index, options) : await buildInParts(index, parts, options)));
  }
  return made;
}

/** Partitions of a table that has them; null for any other. */
async function partsOf(run: Statement, table: string): Promise<readonly string[] | null> {
  const rows = await run<{ isParted: boolean; part: string | null }>(
    `select c.relkind = 'p' as "isParted", i.inhrelid::regclass::text as part
     from pg_class c left join pg_inherits i on i.inhparent = c.oid where c.oid = $1::regclass order by 2`,
    [table],
  );
  if (rows[0]?.isParted !== true) return null;
  return rows.flatMap(({ part }) => part ?? []);
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

/** The parent's first, of nothing: partitions that come meanwhile get theirs by it. It is valid once all have one. */
async function buildInParts(
  index: WantedIndex,
  parts: readonly string[],
  options: IndexBuildOptions,
): Promise<string[]> {
  const { name, table, on } = index;
  const state = await stateOf(options.make, name);
  if (state === 'valid') return [];
  if (state === null) await options.make(`${soon} create index ${name} on only ${table} ${on}`);
  const made: string[] = [];
  for (const part of parts) {
    if (await hasPart(options.make, name, part)) continue;
    const partName = `${part}_${name}`.slice(-63);
    made.push(...(await buildOne({ name: partName, table: part, on }, options)));
    await options.make(`${soon} alter index ${name} attach partition ${partName}`);
  }
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

async function hasPart(run: Statement, name: string, table: string): Promise<boolean> {
  const found = await run(
    `select 1 as one from pg_inherits i join pg_index x on x.indexrelid = i.inhrelid
     where i.inhparent = to_regclass($1) and x.indrelid = $2::regclass`,
    [name, table],
  );
  return found.length > 0;
}

function watchProgress(
  index: string,
  table: string,
  { look, logger, progressEveryMs = 5_000 }: IndexBuildOptions,
): NodeJS.Timeout {
  return setInterval(() => {
    look<{ phase: string; done: number; total: number }>(
      `select phase, greatest(blocks_done, tuples_done)::float8 as done, greatest(blocks_total, tuples_total)::float8 as total
       from pg_stat_progress_create_index where relid = $1::regclass and datname = current_database()`,
      [table],
    ).then(
      ([row]) => {
        if (row === undefined) return;
        const percent = row.total === 0 ? null : Math.floor((row.done / row.total) * 100);
        logger.info({ index, table, phase: row.phase, percent }, 'index is being made');
      },
      () => undefined,
    );
  }, progressEveryMs);
}
