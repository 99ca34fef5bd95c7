/**
 * Events that are published under an id of their producer. In: ids that somebody is about to publish. Out: which of
 * them are to be, and with which time. Holds: what Kafka acknowledged is not published again for a day; what was not
 * is published again with the time of the first try, so that it makes the same deliveries. Other content under the id of
 * what was not is another event, with its own time.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { readerOf } from './read.ts';

export interface EventName {
  /** The client; empty for a broadcast. */
  readonly owner: string;
  /** What names the event among those of its client: its id, within its source. */
  readonly eventId: string;
}

export interface ClaimableEvent extends EventName {
  /** RFC 3339, as the producer wrote it. */
  readonly time: string;
  /** Of what is published under the id. */
  readonly contentHash: string;
}

export type EventClaim =
  | (EventName & { readonly kind: 'claimed'; readonly time: string })
  | (EventName & { readonly kind: 'published' | 'in_progress' | 'other_content' });

/** How long an id is remembered: 24 h. */
const keepMs = 86_400_000;
/** A request that is not done by then has died with its process. */
const abandonedMs = 30_000;

interface Row extends EventName {
  readonly time: string;
  readonly isAcknowledged: boolean;
  /** Null: a version before did not keep it. */
  readonly contentHash: string | null;
}

export class PublishedEventStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** @param events no two of one name  @param claimant names the request, and no other */
  async claim(events: readonly ClaimableEvent[], claimant: string): Promise<EventClaim[]> {
    const read = readerOf(this.em);
    const taken = await read<Row>(claimSql, [
      ...columnsOf(events),
      events.map(({ time }) => time),
      events.map(({ contentHash }) => contentHash),
      claimant,
      keepMs / 1000,
      abandonedMs / 1000,
    ]);
    const claims = taken.map(({ owner, eventId, time }): EventClaim => ({ kind: 'claimed', owner, eventId, time }));
    if (taken.length === events.length) return claims;
    const mine = new Set(taken.map(nameText));
    const others = events.filter((event) => !mine.has(nameText(event)));
    const known = await read<Row>(
      `select owner, event_id as "eventId", event_time as time, is_acknowledged as "isAcknowledged",
        content_hash as "contentHash"
      from published_event where (owner, event_id) in (select * from unnest($1::text[], $2::text[]))`,
      [...columnsOf(others)],
    );
    const rowOf = new Map(known.map((row) => [nameText(row), row]));
    return [
      ...claims,
      ...others.map((event): EventClaim => {
        const { owner, eventId } = event;
        return { kind: standingOf(event, rowOf.get(nameText(event))), owner, eventId };
      }),
    ];
  }

  /** Kafka has them. */
  async acknowledge(events: readonly EventName[], claimant: string): Promise<void> {
    await this.update('is_acknowledged = true, claimed_by = null', events, claimant);
  }

  /** It is still being found out whether Kafka has them. */
  async renew(events: readonly EventName[], claimant: string): Promise<void> {
    await readerOf(this.em)(
      `update published_event set claimed_at = now()
      where claimed_by = $3 and (owner, event_id) in (select * from unnest($1::text[], $2::text[]))`,
      [...columnsOf(events), claimant],
    );
  }

  /** They were not published: whoever tries again need not wait. */
  async release(events: readonly EventName[], claimant: string): Promise<void> {
    await this.update('claimed_by = null', events, claimant);
  }

  private async update(change: string, events: readonly EventName[], claimant: string): Promise<void> {
    await readerOf(this.em)(
      `update published_event set ${change}
      where claimed_by = $3 and (owner, event_id) in (select * from unnest($1::text[], $2::text[]))`,
      [...columnsOf(events), claimant],
    );
  }
}

/**
 * What was written without a hash may be the same again. By the clock of the database alone: a claim from the future is from before that clock was set back.
 * Sorted, so that two requests that claim the same never wait for each other in a circle.
 */
const claimSql = `
insert into published_event
  (owner, event_id, event_time, content_hash, claimed_by, claimed_at, is_acknowledged, expires_at)
select owner, event_id, event_time, content_hash, $5, now(), false, now() + make_interval(secs => $6)
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as i(owner, event_id, event_time, content_hash)
order by owner collate "C", event_id collate "C"
on conflict (owner, event_id) do update set
  event_time = case when published_event.expires_at <= now() or published_event.content_hash <> excluded.content_hash
    then excluded.event_time else published_event.event_time end,
  content_hash = excluded.content_hash, claimed_by = excluded.claimed_by, claimed_at = excluded.claimed_at, is_acknowledged = false,
  expires_at = excluded.expires_at
where published_event.expires_at <= now()
  or (not published_event.is_acknowledged
    and (published_event.claimed_by is null or abs(extract(epoch from now() - published_event.claimed_at)) >= $7))
returning owner, event_id as "eventId", event_time as time, is_acknowledged as "isAcknowledged",
  content_hash as "contentHash"`;

function standingOf(
  { contentHash }: ClaimableEvent,
  row: Row | undefined,
): 'published' | 'in_progress' | 'other_content' {
  if (row?.isAcknowledged !== true) return 'in_progress';
  return row.contentHash === null || row.contentHash === contentHash ? 'published' : 'other_content';
}

function columnsOf(events: readonly EventName[]): [string[], string[]] {
  return [events.map(({ owner }) => owner), events.map(({ eventId }) => eventId)];
}

/** A client id has no space. */
function nameText({ owner, eventId }: EventName): string {
  return `${owner} ${eventId}`;
}
