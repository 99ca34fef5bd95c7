/**
 * Who is at which sweep of housekeeping, how far it is, and when it was last all done: a row for each. Holds: a sweep
 * is one process's for as long as that says so again within a lease, by the database's clock, so that neither a
 * backend that its client forgot nor a host that fell silent keeps it for ever.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Run } from '../bulk.ts';
import { readerOf } from '../read.ts';
import { sweepNames, type SweepName } from './sweeps.ts';

export interface SweepTime {
  readonly name: SweepName;
  /** When it was last all done, or, when it never was, since when it is there; Unix milliseconds. */
  readonly completedAt: number;
}

/** Renewed while a step is under way, however long it takes. */
const usualLeaseMs = 60_000;
/** A statement that is not answered by then fails: the way to the database may swallow everything. */
const statementMs = 4_000;

export class SweepStore {
  private readonly em: EntityManager;
  private readonly owner: string;
  private readonly leaseMs: number;

  /** @param owner of one life of a process */
  constructor(em: EntityManager, owner: string, leaseMs = usualLeaseMs) {
    this.em = em;
    this.owner = owner;
    this.leaseMs = leaseMs;
  }

  /** One that is never reached is missed from now on. */
  async know(names: readonly SweepName[]): Promise<void> {
    await this.run('insert into housekeeping_sweep (name) select unnest($1::text[]) on conflict do nothing', [
      [...names],
    ]);
  }

  /** How far it is; null when another process is at it. */
  async take(name: SweepName): Promise<string | null> {
    const [taken] = await this.run<{ progress: string }>(takeSql, [name, this.owner, this.leaseMs]);
    return taken?.progress ?? null;
  }

  /** False when it is another's meanwhile. */
  async keep(name: SweepName, progress: string): Promise<boolean> {
    return (await this.run(keepSql, [name, this.owner, progress, this.leaseMs])).length > 0;
  }

  /** Keeps it while `work` is under way. A renewal that fails is made again; whose it is in the end says {@link keep}. */
  async keepDuring<T>(name: SweepName, progress: string, work: () => Promise<T>): Promise<T> {
    let renewed: Promise<unknown> = Promise.resolve();
    const renewal = setInterval(() => {
      renewed = this.keep(name, progress).catch(() => undefined);
    }, this.leaseMs / 4);
    try {
      return await work();
    } finally {
      clearInterval(renewal);
      // It has the old progress: it must not come after the new one.
      await renewed;
    }
  }

  async end(name: SweepName, progress: string, isDone: boolean): Promise<void> {
    await this.run(endSql, [name, this.owner, progress, isDone]);
  }

  /** One statement and one transaction each. */
  private async run<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const pool = await this.em.getConnection().getNativeClient();
    const query = { text, values: [...values], query_timeout: statementMs };
    return (await pool.query<Row>(query)).rows;
  }
}

/** Of every sweep that there is and that was ever known; not of one that another version has. */
export function sweepTimes(em: EntityManager): Promise<SweepTime[]> {
  return readSweepTimes(readerOf(em));
}

export function readSweepTimes(run: Run): Promise<SweepTime[]> {
  return run<SweepTime>(
    `select name, (extract(epoch from coalesce(last_completed_at, since)) * 1000)::float8 as "completedAt"
    from housekeeping_sweep where name = any($1) order by name`,
    [[...sweepNames]],
  );
}

/** @param ms the parameter with the milliseconds of a lease */
const leaseOf = (ms: string) => `make_interval(secs => ${ms}::float8 / 1000)`;

// One that lies further ahead than a lease lasts is from before the database's clock was set back.
const takeSql = `
insert into housekeeping_sweep (name, owner, lease_until) values ($1, $2, clock_timestamp() + ${leaseOf('$3')})
on conflict (name) do update set owner = excluded.owner, lease_until = excluded.lease_until
where housekeeping_sweep.lease_until is null or housekeeping_sweep.lease_until <= clock_timestamp()
  or housekeeping_sweep.lease_until > clock_timestamp() + ${leaseOf('$3')}
returning progress`;

const keepSql = `
update housekeeping_sweep set progress = $3, lease_until = clock_timestamp() + ${leaseOf('$4')}
where name = $1 and owner = $2 returning name`;

const endSql = `
update housekeeping_sweep set progress = $3, owner = null, lease_until = null,
  last_completed_at = case when $4::boolean then clock_timestamp() else last_completed_at end
where name = $1 and owner = $2`;
