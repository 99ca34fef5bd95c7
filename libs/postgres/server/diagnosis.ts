/** The database as somebody sees it who asks what is wrong with it. Reads only, and changes nothing, not even tables. */
import { firstObjectIdAt } from '../../domain/object-id.ts';
import { BacklogView } from '../history/backlog-view.ts';
import type { Run } from '../bulk.ts';
import { CurrentValues } from '../webhooks/current-values.ts';
import { migrationLock } from './migrate.ts';
import { createOrm, migrationNames, type Orm } from '../orm.ts';
import { OutboxStore } from '../outbox/outbox-store.ts';
import { readerOf } from '../read.ts';
import { sweepNames } from '../housekeeping/sweeps.ts';
import { wantedIndexes } from './wanted-indexes.ts';

/** `secret`: of a webhook, for as long as it has it. `answer`: kept for an Idempotency-Key, for a day. */
export type SealedKind = 'secret' | 'answer';

export interface SealedValues {
  readonly kind: SealedKind;
  readonly keyId: string;
  readonly count: number;
  /** Up to 20 of them. */
  readonly samples: readonly string[];
}

export interface StoredOffset {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly topicId: string | null;
}

export interface UnfinishedIndexes {
  /** Of those that are wanted. */
  readonly missing: readonly string[];
  /** Half made: kept up to date by every write and used by nobody. */
  readonly invalid: readonly string[];
  /** A process is migrating and may be making them. */
  readonly isUnderWay: boolean;
}

const webhooksMax = 50_000;

/** Whatever is sealed and can still be asked for. Of an answer, which may be long, its begin names the key. */
const sealed = `(
  select 'secret' as kind, sealed, sealed as begin from webhook_secret
  union all select 'secret', sealed_headers, sealed_headers from webhook where sealed_headers is not null
  union all select 'secret', sealed_tls, sealed_tls from webhook where sealed_tls is not null
  union all select 'answer', response_body, left(response_body, 200) from idempotency_key
    where response_body is not null and expires_at > now()
) everything`;

export class DatabaseDiagnosis {
  readonly backlog: BacklogView;
  readonly outbox: OutboxStore;
  readonly current: CurrentValues;
  private readonly orm: Orm;
  private readonly run: Run;

  /** Connects with the first question. */
  constructor(databaseUrl: string) {
    this.orm = createOrm(databaseUrl, 2);
    this.run = readerOf(this.orm.em);
    this.backlog = new BacklogView(this.orm.em);
    this.outbox = new OutboxStore(this.orm.em);
    this.current = new CurrentValues(this.orm.em);
  }

  /** Such as 18.4. @throws when it is away */
  async version(): Promise<string> {
    const [row] = await this.run<{ version: string }>(`select current_setting('server_version') as version`);
    return row?.version ?? '';
  }

  /** How far its clock is ahead of ours, in milliseconds, give or take half of what the question took. */
  async clockAheadMs(): Promise<number> {
    // The first question may have to connect.
    await this.run('select 1');
    const before = Date.now();
    const [row] = await this.run<{ at: number }>(`select (extract(epoch from clock_timestamp()) * 1000)::float8 as at`);
    return (row?.at ?? 0) - (before + Date.now()) / 2;
  }

  /** Sweeps of housekeeping, and how long ago each was last all done, by the database's clock. */
  sweeps(): Promise<{ name: string; ageMs: number }[]> {
    return this.run(
      `select name, (extract(epoch from clock_timestamp() - coalesce(last_completed_at, since)) * 1000)::float8 as "ageMs"
      from housekeeping_sweep where name = any($1) order by name`,
      [[...sweepNames]],
    );
  }

  /** Whether it can be written, as a new session finds it. */
  async writability(): Promise<{ readonly isStandby: boolean; readonly isReadOnly: boolean }> {
    const [row] = await this.run<{ isStandby: boolean; isReadOnly: boolean }>(
      `select pg_is_in_recovery() as "isStandby", current_setting('default_transaction_read_only') = 'on' as "isReadOnly"`,
    );
    return row ?? { isStandby: false, isReadOnly: false };
  }

  /** Names of migrations that ran and that this release does not have: a newer one was here. */
  async unknownMigrations(): Promise<readonly string[]> {
    const rows = await this.run<{ name: string }>('select name from migration where name <> all($1) order by name', [
      [...migrationNames(this.orm)],
    ]);
    return rows.map(({ name }) => name);
  }

  /** Names of migrations that did not run, oldest first. */
  async pendingMigrations(): Promise<readonly string[]> {
    const [row] = await this.run<{ isThere: boolean }>(`select to_regclass('migration') is not null as "isThere"`);
    // Asked for what is pending, the migrator makes its table.
    if (row?.isThere !== true) return ['all'];
    return (await this.orm.migrator.getPending()).map(({ name }) => name);
  }

  /** Indexes that come after the migrations, and are made beside whoever writes. */
  async unfinishedIndexes(): Promise<UnfinishedIndexes> {
    const unfinished = await this.run<{ name: string; isThere: boolean }>(
      `select name, indexrelid is not null as "isThere" from unnest($1::text[]) name
      left join pg_index on indexrelid = to_regclass(name) where indisvalid is not true order by name`,
      [wantedIndexes.map(({ name }) => name)],
    );
    // Such a lock shows the two halves of its number.
    const holders = await this.run(
      `select pid from pg_locks, (select hashtext($1)::bigint as key) as migration
      where locktype = 'advisory' and objsubid = 1 and granted
        and database = (select oid from pg_database where datname = current_database())
        and (classid::bigint << 32) | objid::bigint = key`,
      [migrationLock],
    );
    const namesOf = (isThere: boolean) => unfinished.filter((one) => one.isThere === isThere).map(({ name }) => name);
    return { missing: namesOf(false), invalid: namesOf(true), isUnderWay: holders.length > 0 };
  }

  async sealedValues(): Promise<readonly SealedValues[]> {
    const found = await this.run<Omit<SealedValues, 'samples'>>(
      `select kind, split_part(begin, '.', 2) as "keyId", count(*)::int as count from ${sealed}
      group by 1, 2 order by 1 desc, 2`,
    );
    return Promise.all(
      found.map(async (group) => {
        const rows = await this.run<{ sealed: string }>(
          `select sealed from ${sealed} where kind = $1 and split_part(begin, '.', 2) = $2 limit 20`,
          [group.kind, group.keyId],
        );
        return { ...group, samples: rows.map((row) => row.sealed) };
      }),
    );
  }

  /** Events that were rejected since then, by reason, the most first. */
  rejectedSince(since: Date): Promise<{ reason: string; count: number }[]> {
    return this.run(
      'select reason, count(*)::int as count from rejected_event where id >= $1 group by reason order by count desc, reason',
      [firstObjectIdAt('rejected', since.getTime())],
    );
  }

  /** The newest 50,000. */
  activeWebhooks(): Promise<{ id: string; url: string }[]> {
    return this.run(`select id, url from webhook where is_active order by created_at desc limit ${webhooksMax}`);
  }

  offsetsOf(groupId: string): Promise<StoredOffset[]> {
    return this.run(
      `select topic, partition, next_offset::float8 as "nextOffset", topic_id as "topicId" from consumer_offset where group_id = $1`,
      [groupId],
    );
  }

  async close(): Promise<void> {
    await this.orm.close(true);
  }
}
