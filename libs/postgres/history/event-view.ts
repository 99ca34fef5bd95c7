/** Events as the history has them. A client sees its own and broadcasts, and of a broadcast the decisions on its webhooks. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { PastEvent } from '../../domain/delivery/direct-delivery.ts';
import { decisionKinds, type Decision } from '../../domain/event/webhook-event.ts';
import type { Run } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import { eventColumns, eventList, eventSearch, isSeen, type EventFilter } from './event-list.ts';
import { dayTimeOf } from './history-key.ts';
import { firstOf, isBeforeAll, pageFrom, pageLookedAt, type LookedItem, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';

export interface EventItem {
  readonly eventKey: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly source: string | null;
  readonly subject: string | null;
  readonly clientId: string | null;
  readonly kind: 'event' | 'test';
  readonly receivedAt: Date;
  /** Its data is no longer kept, because somebody asked for that. */
  readonly isErased: boolean;
}

export interface EventDetail extends EventItem {
  /** UTF-8 JSON text; nothing of what was erased. */
  readonly data: Buffer;
  readonly decisions: readonly Decision[];
}

export interface KeptEvent extends EventItem {
  /** Nothing of what was erased. */
  readonly data: Buffer;
  readonly traceparent: string | null;
}

export type DecisionCounts = Readonly<Record<Decision['decision'], number>>;

/** As eventList (event-list.ts) has it: of each kind of page what belongs to it. */
interface ListedEvent extends EventItem, Omit<LookedItem<EventItem>, 'item'> {
  readonly hidesTypes?: boolean;
}

function lookedItem({ isWanted, isLast, hidesTypes: _, ...item }: ListedEvent): LookedItem<EventItem> {
  return { item, isWanted, isLast };
}

export class EventView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Newest first. The position is an event key. */
  async list(filter: EventFilter, request: PageRequest<string>): Promise<Page<EventItem, string>> {
    const { sql, values, isBounded } = eventList(filter, request);
    const rows = await readerOf(this.em)<ListedEvent>(sql, values);
    // Mostly there are none that a client does not see, and then nothing more is asked.
    if (rows[0]?.hidesTypes === true) return this.list({ ...filter, hasHiddenTypes: true }, request);
    const looked = rows.map(lookedItem);
    const page = isBounded
      ? pageLookedAt(looked, request, ({ eventKey }) => eventKey)
      : pageFrom<EventItem, string>(
          looked.map(({ item }) => item),
          request,
          ({ eventKey }) => eventKey,
        );
    return isBeforeAll(page, request) ? this.list(filter, firstOf(request)) : page;
  }

  /** How many decisions of which kind there are on each, by event key; on the scope's webhooks alone. */
  async decisionsOf(eventKeys: readonly string[], scope: string | null): Promise<ReadonlyMap<string, DecisionCounts>> {
    const rows = await readerOf(this.em)<DecisionCounts & { eventKey: string }>(countDecisions, [
      ...keysAndTimes(eventKeys),
      scope,
    ]);
    return new Map(rows.map(({ eventKey, ...counts }) => [eventKey, counts]));
  }

  /** Data of the first of these, newest first, as long as all of it together has no more than so many bytes. */
  async dataOf(eventKeys: readonly string[], bytesMax: number): Promise<ReadonlyMap<string, Buffer>> {
    const rows = await readerOf(this.em)<{ eventKey: string; data: Buffer }>(dataWithin, [
      ...keysAndTimes(eventKeys),
      bytesMax,
    ]);
    return new Map(rows.map(({ eventKey, data }) => [eventKey, data]));
  }

  /** The newest with this CloudEvent id, or of this trace, that the scope may see. */
  async search(by: 'id' | 'trace', text: string, scope: string | null, limit: number): Promise<EventItem[]> {
    const { sql, values } = eventSearch(by, text, scope, limit);
    return readerOf(this.em)<EventItem>(sql, values);
  }

  /** The newest event with this CloudEvent id that the scope may see; copies come behind what they are copies of. */
  async find(eventId: string, filter: Pick<EventFilter, 'scope' | 'clientId'>): Promise<EventDetail | null> {
    const conditions = new Conditions()
      .add('event_id = ?', eventId)
      .add(`(client_id = ? or (client_id is null and ${isSeen('?')}))`, filter.scope)
      .add('client_id = ?', filter.clientId);
    const scope = conditions.value(filter.scope);
    // A broadcast may have decisions on thousands of webhooks: the others' stay in the database.
    const [found] = await readerOf(this.em)<EventDetail>(
      `select ${eventColumns}, data, case when ${scope}::text is null then decisions else
        jsonb_path_query_array(decisions, '$[*] ? (@.clientId == $scope)', jsonb_build_object('scope', ${scope}::text))
        end as decisions
      from event ${conditions.where} order by client_id is null, ${isOnlyCopy}, event_key desc limit 1`,
      conditions.values,
    );
    return found ?? null;
  }

  /** What was kept of an event, to send it again. */
  async kept(eventKey: string): Promise<KeptEvent | null> {
    const [found] = await readerOf(this.em)<KeptEvent>(
      `select ${eventColumns}, data, traceparent from event where event_key = $1 and day_time = $2`,
      [eventKey, dayTimeOf(eventKey)],
    );
    return found ?? null;
  }

  /** {@link kept} of many; those that are not there, or erased, are left out. */
  async keptMany(eventKeys: readonly string[], run: Run = readerOf(this.em)): Promise<PastEvent[]> {
    const keys = [...new Set(eventKeys)];
    if (keys.length === 0) return [];
    return run<PastEvent>(
      `select ${eventColumns}, data, traceparent from event where event_key = any($1) and day_time = any($2)
        and octet_length(data) > 0`,
      [keys, [...new Set(keys.map((key) => dayTimeOf(key)?.toISOString()))]],
    );
  }
}

const isOnlyCopy = `(jsonb_array_length(decisions) > 0
    and not jsonb_path_exists(decisions, '$[*] ? (@.decision != "copy")'))`;

function keysAndTimes(eventKeys: readonly string[]): [readonly string[], readonly unknown[]] {
  return [eventKeys, eventKeys.map((key) => dayTimeOf(key)?.toISOString())];
}

const kindCount = (kind: string) => `count(*) filter (where one ->> 'decision' = '${kind}')::int as ${kind}`;

const countDecisions = `
select event_key as "eventKey", counts.*
from event cross join lateral (
  select ${decisionKinds.map(kindCount).join(', ')}
  from jsonb_array_elements(decisions) one where $3::text is null or one ->> 'clientId' = $3
) counts
where event_key = any($1) and day_time = any($2)`;

const dataWithin = `
select "eventKey", data from (
  select event_key as "eventKey", data, sum(octet_length(data)) over (order by event_key desc) as total
  from event where event_key = any($1) and day_time = any($2)
) sized where total <= $3`;
