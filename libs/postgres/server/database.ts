/** The database as an app sees it that only wants to know whether it is there, and what time it is there. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { readerOf } from '../read.ts';

const waitMs = 900;

export class Database {
  private readonly atEnd: (() => void)[] = [];
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Something to be done when the application ends. */
  onEnd(work: () => void): void {
    this.atEnd.push(work);
  }

  /** Called by Nest. */
  onModuleDestroy(): void {
    for (const work of this.atEnd) work();
  }

  /** Unix milliseconds. @throws when it is away */
  async time(): Promise<number> {
    const [row] = await readerOf(this.em)<{ at: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as at',
    );
    if (row === undefined) throw new Error('PostgreSQL did not answer what time it is');
    return row.at;
  }

  /** Null when it answers within a second, else what is wrong; what the driver said follows behind a colon. For readiness. */
  async problem(): Promise<string | null> {
    const done = new AbortController();
    const asked = readerOf(this.em)('select 1').then(
      () => null,
      (error: unknown) => `cannot be asked: ${error instanceof Error ? error.message : String(error)}`,
    );
    const late = new Promise<string>((resolve) => {
      const timer = setTimeout(resolve, waitMs, 'does not answer');
      done.signal.addEventListener('abort', () => {
        clearTimeout(timer);
      });
    });
    const problem = await Promise.race([asked, late]);
    done.abort();
    return problem;
  }
}
