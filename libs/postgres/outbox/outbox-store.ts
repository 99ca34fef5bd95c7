/**
 * The outbox as the relay sees it. In: nothing but the wish to lead. Out: rows in commit order, and the moment when
 * there are more. Holds: of all processes one leads at a time, by a lease with a time in a row; a row is removed only while
 * the lease is held, in the same statement. Nothing depends on a connection, so it works behind a pooler too.
 */
import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { currentOf } from '../webhooks/current-values.ts';
import { patientLimits, transacted } from '../limits.ts';
import { definitionsTopic, eventTypesTopic } from './outbox-topics.ts';
import { appendToOutbox, type OutboxMessage } from './outbox-writer.ts';
import { readerOf } from '../read.ts';

export interface OutboxRecord {
  readonly id: number;
  /** Topic without TOPIC_PREFIX. */
  readonly topic: string;
  readonly key: string;
  /** The domain value; null for a tombstone. */
  readonly value: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Ids of rows of one key, which are in the order of their commits. */
export interface WaitingRows {
  readonly oldest: number;
  readonly newest: number;
}

export interface OutboxLead {
  /** The oldest rows, in the order of their commits. */
  read(limit: number): Promise<OutboxRecord[]>;
  /** What was read up to here is published. */
  remove(upToId: number): Promise<void>;
  end(): void;
}

export interface OutboxListener {
  /** Something was committed to the outbox. */
  onMore(): void;
  /** From now on nothing is told. */
  onDeaf(): void;
  /** The lease may be over: somebody else may lead now. */
  onLost(error: Error): void;
}

const ignore = () => undefined;

/** After so long without a word of its leader, by the database's clock, the outbox is anybody's. */
const leaseMs = 10_000;
/** A statement that is not answered by then fails: the way to the database may swallow everything. */
const statementMs = 4_000;

export class OutboxStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /**
   * Null when another process leads. @throws when the database is away
   * @param instanceId a process that comes back under its name, which no other has, need not wait for the lease of its former life
   */
  async lead(listener: OutboxListener, instanceId: string | null = null): Promise<OutboxLead | null> {
    const owner = `${randomUUID()} ${instanceId ?? ''}`;
    const [taken] = await this.run<{ owner: string }>(takeLease, [owner, instanceId]);
    if (taken === undefined) return null;
    const stopListening = await this.listen(listener);
    let isEnded = false;
    const renewal = setInterval(() => {
      this.run(renewLease, [owner]).then(
        ([held]) => {
          if (held === undefined && !isEnded) listener.onLost(new LeadLostError());
        },
        (error: unknown) => {
          if (!isEnded) listener.onLost(error instanceof Error ? error : new Error(String(error)));
        },
      );
    }, leaseMs / 4);
    return {
      read: (limit) => this.readOldest(owner, limit),
      remove: (upToId) => this.removeUpTo(owner, upToId),
      end: () => {
        isEnded = true;
        clearInterval(renewal);
        stopListening();
        this.run(giveUpLease, [owner]).catch(ignore);
      },
    };
  }

  private async readOldest(owner: string, limit: number): Promise<OutboxRecord[]> {
    const rows = await this.run<OutboxRecord | { id: null }>(readRows, [owner, limit]);
    if (rows.length === 0) throw new LeadLostError();
    return rows.filter((row) => row.id !== null);
  }

  private async removeUpTo(owner: string, upToId: number): Promise<void> {
    const [held] = await this.run(removeRows, [owner, upToId]);
    if (held === undefined) throw new LeadLostError();
  }

  /** Sooner than by polling, where the way to the database lets it through. Without it nothing is lost but time. */
  private async listen(listener: OutboxListener): Promise<() => void> {
    const pool = await this.em.getConnection().getNativeClient();
    const client = await pool.connect();
    client.on('error', () => {
      listener.onDeaf();
    });
    client.on('notification', () => {
      listener.onMore();
    });
    // One of our own, over a connection as it is of everybody's: when it comes, those of others do too.
    client
      .query('listen outbox')
      .then(() => this.run("select pg_notify('outbox', '')"))
      .catch(ignore);
    return () => {
      // Destroyed, not given back: its subscription goes with it.
      client.release(true);
    };
  }

  /** One statement and one transaction each, so that a pooler may give every one another connection. */
  private async run<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const pool = await this.em.getConnection().getNativeClient();
    const query = { text, values: [...values], query_timeout: statementMs };
    return (await pool.query<Row>(query)).rows;
  }

  /** Puts what is true now into the outbox again, for keys whose records may have arrived out of order. */
  async republish(keys: readonly Pick<OutboxRecord, 'topic' | 'key'>[], now: Date): Promise<void> {
    const republish = async (em: EntityManager) => {
      // A change that is under way must not come between what is read here and its place in the outbox.
      await em.execute('lock table webhook, event_type in share mode');
      const messages: OutboxMessage[] = [];
      for (const [topic, named] of Map.groupBy(keys, (one) => one.topic)) {
        if (topic !== definitionsTopic && topic !== eventTypesTopic) continue;
        const unique = [...new Set(named.map(({ key }) => key))];
        const current = await currentOf(em, topic, unique, now);
        for (const key of unique) messages.push({ topic, key, value: current.get(key) ?? null });
      }
      await appendToOutbox(em, messages, now);
    };
    await transacted(this.em, republish, patientLimits);
  }

  /** Of those of these keys that have changes which Kafka has not acknowledged. */
  async waitingOf(topic: string, keys: readonly string[]): Promise<ReadonlyMap<string, WaitingRows>> {
    const rows = await this.run<WaitingRows & { key: string }>(selectWaiting, [topic, keys]);
    return new Map(rows.map(({ key, oldest, newest }) => [key, { oldest, newest }]));
  }

  /** Unix milliseconds of the oldest row; null when there is none. */
  async oldestAt(): Promise<number | null> {
    const [row] = await readerOf(this.em)<{ at: number | null }>(
      'select (extract(epoch from min(created_at)) * 1000)::float8 as at from outbox',
    );
    return row?.at ?? null;
  }

  async count(): Promise<number> {
    const [row] = await readerOf(this.em)<{ count: number }>('select count(*)::int as count from outbox');
    return row?.count ?? 0;
  }
}

/** Whoever read may not remove any more: another process leads. */
export class LeadLostError extends Error {
  readonly code = 'outbox_lead_lost';
  readonly retryable = true;

  constructor() {
    super('another process relays the outbox');
  }
}

/** Of the id of one life, before the name of the instance. */
const ownerIdCharacters = 36;

const lease = `interval '${leaseMs} milliseconds'`;
const isHeld = `name = 'relay' and owner = $1 and expires_at > clock_timestamp()`;

const takeLease = `
insert into outbox_lease (name, owner, expires_at) values ('relay', $1, clock_timestamp() + ${lease})
on conflict (name) do update set owner = excluded.owner, expires_at = excluded.expires_at
where outbox_lease.expires_at <= clock_timestamp() or substr(outbox_lease.owner, ${ownerIdCharacters + 2}) = $2
returning owner`;

const renewLease = `update outbox_lease set expires_at = clock_timestamp() + ${lease} where ${isHeld} returning owner`;

const giveUpLease = `update outbox_lease set expires_at = clock_timestamp() where ${isHeld}`;

const selectWaiting = `
select key, min(id)::float8 as oldest, max(id)::float8 as newest
from outbox where topic = $1 and key = any($2) group by key`;

/** A row of nulls: there is nothing. No row: the lease is another's. */
const readRows = `
select o.id::float8 as id, o.topic, o.key, o.value, o.headers
from outbox_lease left join (select * from outbox order by id limit $2) o on true
where ${isHeld} order by o.id`;

/** Locks the lease, so that nobody takes it between the look and the deletion. */
const removeRows = `
with held as (select owner from outbox_lease where ${isHeld} for update),
gone as (delete from outbox where id <= $2 and exists (select from held))
select owner from held`;
