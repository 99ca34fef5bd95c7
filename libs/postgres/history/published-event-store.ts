/**
 * Events that are published under an id of their producer. In: ids that somebody is about to publish. Out: which of
 * them are to be, and with which time. Holds: what Kafka acknowledged is not published again for a day; what was not
 * is published again with the time of the first try, so that it makes the same deliveries. Other content under the id of
 * what was not is another event, with its own time. What several requests ask at the same time is one statement.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { Gathering } from '../../runtime/gathering.ts';
import { isStatementAtFault } from '../server/database-away.ts';
import { readerOf } from '../read.ts';

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

/** What one request is about. */
interface Claimed<Name extends EventName> {
  readonly events: readonly Name[];
  readonly claimant: string;
}

/** Events of one statement; a request has 500 at most. */
const eventsMax = 1_000;
/** Events of requests that wait for a statement. */
const waitingEventsMax = 20_000;

export class PublishedEventStore {
  private readonly em: EntityManager;
  private readonly claims: Gathering<Claimed<ClaimableEvent>, EventClaim[]>;
  private readonly acknowledgements: Gathering<Claimed<EventName>, null>;

  constructor(em: EntityManager) {
    this.em = em;
    const weightOf = ({ events }: Claimed<EventName>) => events.length;
    const limits = { weightOf, weightMax: eventsMax, isOfOne: isStatementAtFault };
    this.claims = new Gathering<Claimed<ClaimableEvent>, EventClaim[]>({
      ...limits,
      waitingMax: waitingEventsMax,
      // A statement can take a row once; and of two requests one has to see what the other did.
      namesOf: ({ events }) => events.map(nameText),
      ask: (requests) => this.claimAll(requests),
    });
    // No more than was claimed, and that is bounded.
    this.acknowledgements = new Gathering({ ...limits, ask: (requests) => this.acknowledgeAll(requests) });
  }

  /**
   * @param events no two of one name
   * @param claimant names the request, and no other
   * @throws GatheringFullError
   */
  claim(events: readonly ClaimableEvent[], claimant: string): Promise<EventClaim[]> {
    return this.claims.ask(tenantOf(events), { events, claimant });
  }

  /** Kafka has them. */
  async acknowledge(events: readonly EventName[], claimant: string): Promise<void> {
    await this.acknowledgements.ask(tenantOf(events), { events, claimant });
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
    await readerOf(this.em)(
      `update published_event set claimed_by = null
      where claimed_by = $3 and (owner, event_id) in (select * from unnest($1::text[], $2::text[]))`,
      [...columnsOf(events), claimant],
    );
  }

  private async claimAll(requests: readonly Claimed<ClaimableEvent>[]): Promise<EventClaim[][]> {
    const read = readerOf(this.em);
    const all = requests.flatMap(({ events }) => events);
    const taken = await read<Row>(claimSql, [
      ...columnsOf(all),
      all.map(({ time }) => time),
      all.map(({ contentHash }) => contentHash),
      claimantsOf(requests),
      keepMs / 1000,
      abandonedMs / 1000,
    ]);
    const timeOf = new Map(taken.map((row) => [nameText(row), row.time]));
    const others = all.filter((event) => !timeOf.has(nameText(event)));
    const rowOf = new Map((await this.known(others)).map((row) => [nameText(row), row]));
    return requests.map(({ events }) =>
      events.map((event): EventClaim => {
        const { owner, eventId } = event;
        const time = timeOf.get(nameText(event));
        if (time !== undefined) return { kind: 'claimed', owner, eventId, time };
        return { kind: standingOf(event, rowOf.get(nameText(event))), owner, eventId };
      }),
    );
  }

  private async known(events: readonly EventName[]): Promise<Row[]> {
    if (events.length === 0) return [];
    return readerOf(this.em)<Row>(
      `select owner, event_id as "eventId", event_time as time, is_acknowledged as "isAcknowledged",
        content_hash as "contentHash"
      from published_event where (owner, event_id) in (select * from unnest($1::text[], $2::text[]))`,
      [...columnsOf(events)],
    );
  }

  private async acknowledgeAll(requests: readonly Claimed<EventName>[]): Promise<null[]> {
    const all = requests.flatMap(({ events }) => events);
    await readerOf(this.em)(acknowledgeSql, [...columnsOf(all), claimantsOf(requests)]);
    return requests.map(() => null);
  }
}

/**
 * What was written without a hash may be the same again. By the clock of the database alone: a claim from the future is from before that clock was set back.
 * Sorted, so that two requests that claim the same never wait for each other in a circle.
 */
const claimSql = `
insert into published_event
  (owner, event_id, event_time, content_hash, claimed_by, claimed_at, is_acknowledged, expires_at)
select owner, event_id, event_time, content_hash, claimant, now(), false, now() + make_interval(secs => $6)
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
  as i(owner, event_id, event_time, content_hash, claimant)
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

/** Sorted as above. */
const acknowledgeSql = `
update published_event set is_acknowledged = true, claimed_by = null
from (
  select * from unnest($1::text[], $2::text[], $3::text[]) as i(owner, event_id, claimant)
  order by owner collate "C", event_id collate "C"
) as mine
where published_event.owner = mine.owner and published_event.event_id = mine.event_id
  and published_event.claimed_by = mine.claimant`;

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

function claimantsOf(requests: readonly Claimed<EventName>[]): string[] {
  return requests.flatMap(({ events, claimant }) => events.map(() => claimant));
}

/** Whose turn a request takes. A list of an admin may be for several; it counts for the first. */
function tenantOf([first]: readonly EventName[]): string {
  return first?.owner ?? '';
}

/** A client id has no space. */
function nameText({ owner, eventId }: EventName): string {
  return `${owner} ${eventId}`;
}
