/**
 * Events whose data is erased from the history. In: which event, and who asks. Out: rows of it without data, at once, and then,
 * in steps, its deliveries' attempts without what was sent and answered. Holds: asked for twice it is one erasure; what a
 * projector had under way is erased too, because the steps begin behind it; a process that ends goes on in another.
 */
import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { appendAudit } from '../access/audit-store.ts';
import { runIn, type Run } from '../bulk.ts';
import { isSeen } from '../history/event-list.ts';
import type { DeliveryKey } from '../history/delete-deliveries.ts';
import { lockChange } from '../housekeeping/partition-days.ts';
import { readerOf } from '../read.ts';
import { changing } from '../webhooks/held-change.ts';

export interface WantedErasure {
  readonly eventId: string;
  /** Only what this client may erase; null: all. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly source?: string | undefined;
  /** When neither the history nor Kafka has anything of it any more. */
  readonly expiresAt: Date;
}

export interface EventErasure {
  readonly eventId: string;
  readonly source: string | null;
  readonly clientId: string | null;
  readonly requestedAt: Date;
  readonly requestedBy: string;
  /** Of deliveries, that were looked at up to now. */
  readonly attempts: number;
  readonly finishedAt: Date | null;
}

export type Requested =
  | { readonly kind: 'requested'; readonly erasure: EventErasure }
  /** several: of one id, from several sources or of several clients. */
  | { readonly kind: 'missing' | 'broadcast' | 'several' };

type Named = Pick<EventErasure, 'eventId' | 'source' | 'clientId'>;

/** Rows that one statement changes: an event may have data of hundreds of KiB. */
const eventsPerStep = 200;
const deliveriesPerStep = 2_000;
const marksPerStep = 1_000;

export class EventErasureStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  async request(wanted: WantedErasure, actor: Actor, now: Date): Promise<Requested> {
    return changing(this.em, async (em) => {
      const run = runIn(em);
      const { eventId, scope, expiresAt } = wanted;
      const found = await this.named(run, wanted);
      const own = scope === null ? found : found.filter(({ clientId }) => clientId === scope);
      const [event, another] = own;
      if (event === undefined) return { kind: found.length === 0 ? 'missing' : 'broadcast' };
      if (another !== undefined) return { kind: 'several' };
      const { source, clientId } = event;
      const made = await run(
        `insert into event_erasure (id, event_id, source, client_id, requested_at, requested_by, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing returning id`,
        [
          idOf(event),
          eventId,
          source,
          clientId,
          now.toISOString(),
          `${actor.kind} ${actor.id}`,
          expiresAt.toISOString(),
        ],
      );
      await eraseEvents(run, event);
      if (made.length > 0) {
        const change = { action: 'event.erased', objectKind: 'event', objectId: eventId, clientId } as const;
        await appendAudit(em, { ...change, before: null, after: { source } }, actor, now);
      }
      const [erasure] = await run<EventErasure & { requestedAt: Date | string }>(
        `select ${columns} from event_erasure where id = $1`,
        [idOf(event)],
      );
      if (erasure === undefined) throw new Error('an erasure that was just written is not there');
      return { kind: 'requested', erasure: withDates(erasure) };
    });
  }

  async find(event: Named): Promise<EventErasure | null> {
    const [found] = await readerOf(this.em)<EventErasure>(`select ${columns} from event_erasure where id = $1`, [
      idOf(event),
    ]);
    return found ?? null;
  }

  /** Of how many sources and clients there are events with this id that the scope may see. */
  private named(run: Run, { eventId, scope, clientId, source }: WantedErasure): Promise<Named[]> {
    return run<Named>(
      `select distinct event_id as "eventId", source, client_id as "clientId" from (
        select event_id, source, client_id from event
        where event_id = $1 and ($2::text is null or client_id = $2 or (client_id is null and ${isSeen('$2')}))
          and ($3::text is null or client_id = $3) and ($4::text is null or source = $4)
        limit 1000) same`,
      [eventId, scope, clientId ?? null, source ?? null],
    );
  }
}

interface Open extends Named {
  readonly id: string;
  readonly stage: 'barrier' | 'events' | 'deliveries';
  readonly position: string | null;
}

/** The next step of the oldest erasure that is not done: one transaction. False: there is none. */
export async function eventErasureStep(run: Run): Promise<boolean> {
  const [open] = await run<Open>(
    `select id, event_id as "eventId", source, client_id as "clientId", stage, position from event_erasure
    where finished_at is null order by requested_at limit 1 for update`,
  );
  if (open === undefined) return false;
  switch (open.stage) {
    case 'barrier':
      // Whoever wrote history before the mark was there has committed; whoever comes now sees it. So it is for each mark that is
      // read behind the lock, for which the projectors wait: once for all of them.
      await lockChange(run);
      await run(
        `update event_erasure set stage = 'events' where id in (
          select id from event_erasure where stage = 'barrier' and finished_at is null order by requested_at limit ${marksPerStep})`,
      );
      return true;
    case 'events':
      if ((await eraseEvents(run, open)) < eventsPerStep)
        await run(`update event_erasure set stage = 'deliveries' where id = $1`, [open.id]);
      return true;
    case 'deliveries': {
      const page = await run<DeliveryKey & { isIts: boolean }>(deliveriesSql, [
        open.eventId,
        open.clientId,
        open.source,
        open.position,
      ]);
      const attempts = await eraseAttempts(
        run,
        page.filter(({ isIts }) => isIts),
      );
      await run(
        `update event_erasure set position = $2, attempts = attempts + $3,
          finished_at = case when $4::boolean then clock_timestamp() end where id = $1`,
        [open.id, page.at(-1)?.id ?? open.position, attempts, page.length < deliveriesPerStep],
      );
      return true;
    }
  }
}

/** How many rows of it had data: {@link eventsPerStep} when there may be more. */
async function eraseEvents(run: Run, { eventId, clientId, source }: Named): Promise<number> {
  const [erased] = await run<{ count: number }>(
    `with erased as (
      update event set data = '', subject = null where (event_key, day_time) in (
        select event_key, day_time from event where ${isNamed('$1', '$2', '$3')} and octet_length(data) > 0
        limit ${eventsPerStep})
      returning 1
    ) select count(*)::int as count from erased`,
    [eventId, clientId, source],
  );
  return erased?.count ?? 0;
}

/** A condition on rows of event. */
function isNamed(eventId: string, clientId: string, source: string): string {
  return `event_id = ${eventId} and client_id is not distinct from ${clientId}::text and source is not distinct from ${source}::text`;
}

/** A delivery whose event never came has no key: then its event's id and its client have to do. */
const deliveriesSql = `
with keys as materialized (
  select event_key from event where ${isNamed('$1', '$2', '$3')}
)
select id, day_time::text as day, event_key is null or event_key in (select event_key from keys) as "isIts" from delivery
where event_id = $1 and ($2::text is null or client_id = $2) and ($4::uuid is null or id > $4)
order by id limit ${deliveriesPerStep}`;

/** How many there were. Only the partitions of their days are read, by the key. */
async function eraseAttempts(run: Run, page: readonly DeliveryKey[]): Promise<number> {
  if (page.length === 0) return 0;
  const [erased] = await run<{ count: number }>(
    `with erased as (
      update delivery_attempt set request_headers = '{}', response_headers = '{}', response_body_sample = null, error_message = null
      where delivery_id = any($1) and day_time = any($2)
      returning 1
    ) select count(*)::int as count from erased`,
    [page.map(({ id }) => id), [...new Set(page.map(({ day }) => day))]],
  );
  return erased?.count ?? 0;
}

const columns = `event_id as "eventId", source, client_id as "clientId", requested_at as "requestedAt",
  requested_by as "requestedBy", attempts, finished_at as "finishedAt"`;

function idOf({ eventId, source, clientId }: Named): string {
  return createHash('sha256')
    .update(JSON.stringify([clientId, source, eventId]))
    .digest('hex');
}

/** The mapper leaves times as text. */
function withDates(erasure: EventErasure & { requestedAt: Date | string }): EventErasure {
  const { requestedAt, finishedAt } = erasure;
  return {
    ...erasure,
    requestedAt: new Date(requestedAt),
    finishedAt: finishedAt === null ? null : new Date(finishedAt),
  };
}
