/** Events of the history as fan-out took them, for what is sent again. */
import { timeOfId } from '../../domain/ids.ts';
import type { WebhookEvent } from '../../domain/event/webhook-event.ts';
import type { Run } from '../bulk.ts';
import { dayTimeOf } from '../history/history-key.ts';

/** Events as fan-out took them, without their decisions; none that were erased. */
export async function eventsOf(run: Run, eventKeys: readonly string[]): Promise<WebhookEvent[]> {
  const keys = [...new Set(eventKeys)];
  if (keys.length === 0) return [];
  const rows = await run<EventRow>(
    `select ${eventColumns} from event where event_key = any($1) and day_time = any($2)
      and octet_length(data) > 0`,
    [keys, [...new Set(keys.map((key) => dayTimeOf(key)?.toISOString()))]],
  );
  return rows.map(eventOf);
}

export interface EventRow {
  readonly eventKey: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly source: string | null;
  readonly subject: string | null;
  readonly clientId: string | null;
  readonly kind: 'event' | 'test';
  readonly receivedAtMs: number;
  readonly data: Buffer;
  readonly sourceTopic: string | null;
  readonly sourcePartition: number | null;
  readonly sourceOffset: number | null;
  readonly traceparent: string | null;
}

export const eventColumns = `event_key as "eventKey", event_id as "eventId", event_type as "eventType", source, subject,
  client_id as "clientId", kind, (extract(epoch from received_at) * 1000)::float8 as "receivedAtMs", data,
  source_topic as "sourceTopic", source_partition as "sourcePartition", source_offset::float8 as "sourceOffset",
  traceparent`;

export function eventOf(row: EventRow): WebhookEvent {
  return {
    eventKey: row.eventKey,
    eventId: row.eventId,
    eventType: row.eventType,
    source: row.source,
    subject: row.subject,
    clientId: row.clientId,
    kind: row.kind,
    time: timeOfId(row.eventKey),
    receivedAt: Math.round(row.receivedAtMs),
    data: row.data,
    decisions: [],
    sourceTopic: row.sourceTopic,
    sourcePartition: row.sourcePartition,
    sourceOffset: row.sourceOffset,
    traceparent: row.traceparent,
  };
}
