/** The database as an app sees it that only wants to know whether it is there. */
import type { EntityManager } from '@mikro-orm/postgresql';

const waitMs = 900;

export class Database {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when it answers within a second, else what is wrong; what the driver said follows behind a colon. For readiness. */
  async problem(): Promise<string | null> {
    const done = new AbortController();
    const asked = this.em
      .fork()
      .execute('select 1')
      .then(
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
