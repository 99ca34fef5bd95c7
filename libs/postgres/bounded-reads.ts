/**
 * Reads that somebody waits for. In: how long a statement may take, whose it is, and when nobody waits any more. Out: its
 * rows. Holds: a statement that is given up ends in PostgreSQL too, and not only for its client; nobody has more
 * connections of the pool than a share; a connection on which something was cancelled is given to nobody else.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { isStatementCancelled } from './server/database-away.ts';

export interface ReadBounds {
  /** Longest run of one statement, in milliseconds. */
  readonly statementMs: number;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Waits for a place among those that read; the answer gives it back. */
  readonly place?: (signal: AbortSignal) => Promise<() => void>;
  /** Cancels what a backend does, by a connection that no other read waits for. */
  readonly cancel: (pid: number) => Promise<void>;
}

export class ReadTooLongError extends Error {
  readonly code = 'read_too_long';
  readonly retryable = true;
}

export class ReadAbandonedError extends Error {
  readonly code = 'read_abandoned';
  readonly retryable = false;
}

const current = new AsyncLocalStorage<ReadBounds | undefined>();

/** What `work` reads by {@link readerOf} is bounded, however deep that is; what it changes is not. */
export function withinBounds<T>(bounds: ReadBounds, work: () => T): T {
  return current.run(bounds, work);
}

/** For what others wait for as well: whoever asked first may hang up, or have to wait for its share. */
export function withoutBounds<T>(work: () => T): T {
  return current.run(undefined, work);
}

/** Undefined: those of the pool alone. */
export function boundsNow(): ReadBounds | undefined {
  return current.getStore();
}

/** @throws ReadTooLongError, ReadAbandonedError */
export async function boundedQuery<Row extends object>(
  pool: Pool,
  bounds: ReadBounds,
  sql: string,
  values: unknown[],
): Promise<QueryResult<Row>> {
  const { signal } = bounds;
  if (signal.aborted) throw new ReadAbandonedError('nobody waits for it');
  const giveBack = await bounds.place?.(signal);
  try {
    const client = await pool.connect();
    const read = new BoundedRead(client, bounds);
    try {
      return await read.query<Row>(sql, values);
    } finally {
      // The rows are there: whoever asked does not wait for the end of the transaction. The place does.
      void read.end().finally(giveBack);
    }
  } catch (error) {
    giveBack?.();
    throw error;
  }
}

class BoundedRead {
  private readonly client: PoolClient;
  private readonly bounds: ReadBounds;
  private cancelling: Promise<void> | null = null;
  private isBroken = false;

  constructor(client: PoolClient, bounds: ReadBounds) {
    this.client = client;
    this.bounds = bounds;
  }

  async query<Row extends object>(sql: string, values: unknown[]): Promise<QueryResult<Row>> {
    const { signal } = this.bounds;
    let onAbort: (() => void) | null = null;
    try {
      const pid = await this.begin();
      if (signal.aborted) throw new ReadAbandonedError('nobody waits for it');
      onAbort = () => {
        this.cancelling = this.bounds.cancel(pid).catch(() => undefined);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      return await this.client.query<Row>(sql, values);
    } catch (error) {
      throw this.meaningOf(error);
    } finally {
      if (onAbort !== null) signal.removeEventListener('abort', onAbort);
    }
  }

  /** Never rejects. */
  async end(): Promise<void> {
    if (this.cancelling !== null) {
      await this.cancelling;
      // The signal may still be on its way to the backend: it must not hit what somebody else asks next.
      this.isBroken = true;
    } else {
      // Of a statement that failed it is the rollback.
      await this.client.query('commit').catch(() => {
        this.isBroken = true;
      });
    }
    this.client.release(this.isBroken);
  }

  /** One round trip. The id is the server's own: what the driver knows may be a pooler's. */
  private async begin(): Promise<number> {
    const { statementMs } = this.bounds;
    const text = `begin; set local statement_timeout = ${Math.ceil(statementMs)}; select pg_backend_pid() as pid`;
    const results = (await this.client.query(text)) as unknown as QueryResult<{ pid: number }>[];
    const pid = results.at(-1)?.rows[0]?.pid;
    if (pid === undefined) throw new Error('a backend without an id');
    return pid;
  }

  private meaningOf(error: unknown): unknown {
    if (!isStatementCancelled(error)) return error;
    if (this.bounds.signal.aborted) return new ReadAbandonedError('nobody waits for it', { cause: error });
    return new ReadTooLongError(`it took more than ${this.bounds.statementMs} ms`, { cause: error });
  }
}
