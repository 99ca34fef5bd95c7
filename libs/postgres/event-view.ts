/** Events as the history has them. A client sees its own and broadcasts, and of a broadcast the decisions on its webhooks. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { PastEvent } from '../domain/direct-delivery.ts';
import type { Decision } from '../domain/webhook-event.ts';
import type { Run } from './bulk.ts';
import { Conditions } from './conditions.ts';
import { dayTimeOf, firstIdAt } from './history-key.ts';
import { pageFrom, seek, type Page, type PageRequest } from './page.ts';
import { readerOf } from './read.ts';

export interface EventItem {
  readonly eventKey: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly source: string | null;
  readonly subject: string | null;
  readonly clientId: string | null;
  readonly kind: 'event' | 'test';
  readonly receivedAt: Date;
}

export interface EventDetail extends EventItem {
  /** UTF-8 JSON text. */
  readonly data: Buffer;
  readonly decisions: readonly Decision[];
}

export interface KeptEvent extends EventItem {
  readonly data: Buffer;
  readonly traceparent: string | null;
}

export interface EventFilter {
  /** Only what this client may see; null: all. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly eventType?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** The statement of a page of events. */
export function eventList(filter: EventFilter, request: PageRequest<string>) {
  const { after, before = null } = request;
  const conditions = new Conditions()
    .add('client_id = ?', filter.clientId)
    .add('event_type = ?', filter.eventType)
    .add('day_time >= ?', filter.from)
    .add('event_key >= ?', filter.from && firstIdAt(filter.from))
    .add('day_time < ?', filter.to)
    .add('event_key < ?', filter.to && firstIdAt(filter.to))
    .add('day_time <= ?', before === null && after !== null ? dayTimeOf(after) : null)
    .add('day_time >= ?', before === null ? null : dayTimeOf(before));
  const tail = seek(conditions, 'event_key', 'desc', request);
  const where = conditions.where || 'where true';
  const select = (owner: string) => `(select ${columns} from event ${where} ${owner} ${tail})`;
  // Each half is read from an index in order; one condition with `or` could not be.
  const sql =
    filter.scope === null
      ? select('')
      : `select * from (${select(`and client_id = ${conditions.value(filter.scope)}`)} union all
        ${select('and client_id is null')}) visible ${tail.replace('event_key', '"eventKey"')}`;
  return { sql, values: conditions.values };
}

export class EventView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Newest first. The position is an event key. */
  async list(filter: EventFilter, request: PageRequest<string>): Promise<Page<EventItem, string>> {
    const { sql, values } = eventList(filter, request);
    return pageFrom(await readerOf(this.em)<EventItem>(sql, values), request, ({ eventKey }) => eventKey);
  }

  /** The newest event with this CloudEvent id that the scope may see; copies come behind what they are copies of. */
  async find(eventId: string, filter: Pick<EventFilter, 'scope' | 'clientId'>): Promise<EventDetail | null> {
    const conditions = new Conditions()
      .add('event_id = ?', eventId)
      .add('(client_id = ? or client_id is null)', filter.scope)
      .add('client_id = ?', filter.clientId);
    const scope = conditions.value(filter.scope);
    // A broadcast may have decisions on thousands of webhooks: the others' stay in the database.
    const [found] = await readerOf(this.em)<EventDetail>(
      `select ${columns}, data, case when ${scope}::text is null then decisions else
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
      `select ${columns}, data, traceparent from event where event_key = $1 and day_time = $2`,
      [eventKey, dayTimeOf(eventKey)],
    );
    return found ?? null;
  }

  /** {@link kept} of many; those that are not there are left out. */
  async keptMany(eventKeys: readonly string[], run: Run = readerOf(this.em)): Promise<PastEvent[]> {
    const keys = [...new Set(eventKeys)];
    if (keys.length === 0) return [];
    return run<PastEvent>(
      `select ${columns}, data, traceparent from event where event_key = any($1) and day_time = any($2)`,
      [keys, [...new Set(keys.map((key) => dayTimeOf(key)?.toISOString()))]],
    );
  }
}

const isOnlyCopy = `(jsonb_array_length(decisions) > 0
    and not jsonb_path_exists(decisions, '$[*] ? (@.decision != "copy")'))`;

const columns = `event_key as "eventKey", event_id as "eventId", event_type as "eventType", source, subject,
  client_id as "clientId", kind, received_at as "receivedAt"`;
