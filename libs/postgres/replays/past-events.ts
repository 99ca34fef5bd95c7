/**
 * The history that a rewind goes through. In: the webhook, from when on, and how far it is. Out: the events that it may get, without their data.
 * Holds: only events of the webhook's client, and those for everybody, are looked at; each question looks at a bounded stretch.
 */
import { isForRewound, type PastEventRow, type RewoundWebhook } from '../../domain/delivery/rewind.ts';
import type { Run } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import { isSeen } from '../history/event-list.ts';
import { dayTimeOf, firstIdAt } from '../history/history-key.ts';
import { dayMs } from '../../domain/day.ts';

/** Rows that one question looks at. */
const scanMax = 2_000;

export interface PastRange {
  readonly from: Date;
  /** The moment of the request: ids carry times up to a day ahead of it. */
  readonly before: Date;
}

export interface PastEvents {
  /** In the order of keys. */
  readonly rows: readonly PastEventRow[];
  /** All up to here was looked at; null: there is nothing more. */
  readonly upTo: string | null;
  readonly looked: number;
}

/** The next ones. All of a millisecond are in one answer, unless they are more than one looks at. */
export async function pastEventsAfter(
  run: Run,
  webhook: RewoundWebhook,
  { from, before }: PastRange,
  after: string | null,
): Promise<PastEvents> {
  const end = new Date(before.getTime() + dayMs);
  const conditions = new Conditions()
    .add('day_time >= ?', from)
    .add('event_key >= ?', firstIdAt(from))
    .add('day_time < ?', end)
    .add('event_key < ?', firstIdAt(end))
    .add('day_time >= ?', after === null ? null : dayTimeOf(after))
    .add('event_key > ?', after);
  const types = conditions.value(webhook.eventTypes);
  const named = conditions.value(JSON.stringify({ webhook: webhook.id }));
  const columns = `event_key as "eventKey", event_type as "eventType", client_id as "clientId", kind, subject,
    coalesce(right(source_topic, 15) = 'webhook.notices', false) as "isNotice",
    (extract(epoch from received_at) * 1000)::float8 as "receivedAtMs", source_topic as "sourceTopic",
    source_partition as "sourcePartition", source_offset::float8 as "sourceOffset", octet_length(data) as bytes`;
  const owner = conditions.value(webhook.clientId);
  // A broadcast of a type that the client may not see was none for it.
  const isOfType = `(exists (select from unnest(${types}::text[]) p
      where p = '*' or p = event_type or (right(p, 2) = '.*' and starts_with(event_type, left(p, -1))))
    and (client_id is not null or ${isSeen(owner)}))`;
  const scan = (ofWhom: string) =>
    `(select ${columns}, decisions, ${isOfType} as is_of_type from event ${conditions.where} and ${ofWhom}
      order by event_key limit ${scanMax})`;
  const found = await run<PastEventRow & { isOfType: boolean }>(
    `select "eventKey", "eventType", "clientId", kind, subject, "isNotice", "receivedAtMs", "sourceTopic", "sourcePartition",
      "sourceOffset", bytes, is_of_type as "isOfType", case when is_of_type then jsonb_path_query_first(decisions,
        '$[*] ? (@.webhookId == $webhook)', ${named}::jsonb) ->> 'decision' end as decision,
      exists (select from held_event h where h.webhook_id = ${conditions.value(webhook.id)} and h.event_key = "eventKey") as "isHeld"
    from (select * from (${scan(`client_id = ${owner}`)}
      union all ${scan('client_id is null')}) both_kinds order by "eventKey" limit ${scanMax}) looked
    order by "eventKey"`,
    conditions.values,
  );
  const isEnd = found.length < scanMax;
  const whole = isEnd ? found : wholeMoments(found);
  const rows = whole.filter((row) => row.isOfType && isForRewound(row, webhook));
  return { rows, upTo: isEnd ? null : (whole.at(-1)?.eventKey ?? null), looked: whole.length };
}

/** Without the last millisecond, of which there may be more, unless that is all. */
function wholeMoments<Row extends Pick<PastEventRow, 'eventKey'>>(rows: readonly Row[]): readonly Row[] {
  const last = rows.at(-1)?.eventKey.slice(0, 13);
  const whole = rows.filter(({ eventKey }) => eventKey.slice(0, 13) !== last);
  return whole.length === 0 ? rows : whole;
}

/** How many there are now, at most `max`; null when that is not known by the time it `isOver`. Filters are not asked. */
export async function countPastEvents(
  run: Run,
  webhook: RewoundWebhook,
  range: PastRange,
  max: number,
  isOver: () => boolean,
): Promise<number | null> {
  let count = 0;
  let after: string | null = null;
  do {
    if (isOver()) return null;
    const { rows, upTo }: PastEvents = await pastEventsAfter(run, webhook, range, after);
    count += rows.length;
    if (count >= max) return max;
    after = upTo;
  } while (after !== null);
  return count;
}
