/**
 * The statements of lists of events. Holds: what an index has is read from it in the order in which it is shown; what none has
 * is looked for among a bounded number of rows, as in delivery-list.ts.
 */
import type { Decision } from '../../domain/event/webhook-event.ts';
import { Conditions } from '../conditions.ts';
import { dayTimeOf, firstIdAt } from './history-key.ts';
import { seek, type PageRequest } from '../page.ts';

export interface EventFilter {
  /** Only what this client may see; null: all. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly eventType?: string | undefined;
  readonly source?: string | undefined;
  readonly subject?: string | undefined;
  /** On webhooks that the scope may see: one of these. */
  readonly decision?: readonly Decision['decision'][] | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** There are types that the scope does not see, as a page without this said: broadcasts of these are left out. */
  readonly hasHiddenTypes?: boolean | undefined;
}

/** Rows that a page looks at; of a client, as many of its own and of broadcasts. */
const lookedMax = 2_000;
/** Events of one id, or of one trace, that are looked at: producers choose both. */
const sameMax = 1_000;

/**
 * The statement of a page of events. `isBounded`: it may end before the page is full, and its rows say so. Otherwise each row says whether there are
 * types that the scope does not see (`hidesTypes`): then it is the page of somebody else, and is to be asked for with `hasHiddenTypes`.
 */
export function eventList(filter: EventFilter, request: PageRequest<string>) {
  const { after, before = null } = request;
  const { scope, source, subject, decision } = filter;
  const isBounded = [source, subject, decision].some((one) => one !== undefined) || filter.hasHiddenTypes === true;
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
  const direction = before === null ? 'desc' : 'asc';
  const within = isBounded ? `order by event_key ${direction} limit ${lookedMax}` : tail;
  const wanted = isBounded ? `, (${wantedEvent(conditions, filter)}) as "isWanted"` : '';
  const where = conditions.where || 'where true';
  const select = (owner: string) => `(select ${eventColumns}${wanted} from event ${where} ${owner} ${within})`;
  // Each half is read from an index in order; one condition with `or` could not be.
  const visible =
    scope === null
      ? select('')
      : `(${select(`and client_id = ${conditions.value(scope)}`)} union all ${select('and client_id is null')})`;
  const tailOfAll = tail.replace('event_key', '"eventKey"');
  const { values } = conditions;
  if (!isBounded) {
    if (scope === null) return { sql: visible, values, isBounded };
    const hides = `exists (${hiddenTypes(conditions.value(scope))}) as "hidesTypes"`;
    return { sql: `select *, ${hides} from ${visible} visible ${tailOfAll}`, values, isBounded };
  }
  const order = `"eventKey" ${direction}`;
  const sql = `
    select * from (
      select *, row_number() over (order by ${order}) = ${lookedMax} as "isLast"
      from ${visible} visible order by ${order} limit ${lookedMax}
    ) looked where "isWanted" or "isLast" ${tailOfAll}`;
  return { sql, values, isBounded };
}

/** The statement of the newest events with this id, or of this trace. */
export function eventSearch(by: 'id' | 'trace', text: string, scope: string | null, limit: number) {
  const conditions = new Conditions()
    .add(by === 'id' ? 'event_id = ?' : 'traceparent is not null and substr(traceparent, 4, 32) = ?', text)
    .add(`(client_id = ? or (client_id is null and ${isSeen('?')}))`, scope);
  const sql = `select * from (select ${eventColumns} from event ${conditions.where} limit ${sameMax}) same
    order by "eventKey" desc limit ${limit}`;
  return { sql, values: conditions.values };
}

/** Of a broadcast, by its type; whatever names a client is that client's. @param scope parameter of the client */
export function isSeen(scope: string): string {
  return `event_type not in (${hiddenTypes(scope)})`;
}

function hiddenTypes(scope: string): string {
  return `select type from event_type where visible_to is not null and ${scope} <> all(visible_to)`;
}

function wantedEvent(conditions: Conditions, filter: EventFilter): string {
  const { scope, source, subject, decision } = filter;
  const parts: string[] = [];
  if (scope !== null) parts.push(`(client_id is not null or ${isSeen(conditions.value(scope))})`);
  if (source !== undefined) parts.push(`coalesce(source = ${conditions.value(source)}, false)`);
  if (subject !== undefined) parts.push(`coalesce(subject = ${conditions.value(subject)}, false)`);
  if (decision !== undefined) {
    const kinds = decision.map((kind) => `@.decision == "${kind}"`).join(' || ');
    const owner = scope === null ? '' : ' && @.clientId == $scope';
    const names = conditions.value(JSON.stringify({ scope }));
    parts.push(`jsonb_path_exists(decisions, '$[*] ? ((${kinds})${owner})', ${names}::jsonb)`);
  }
  return parts.join(' and ');
}

export const eventColumns = `event_key as "eventKey", event_id as "eventId", event_type as "eventType", source, subject,
  client_id as "clientId", kind, received_at as "receivedAt", octet_length(data) = 0 as "isErased"`;
