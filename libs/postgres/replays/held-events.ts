/**
 * What came for webhooks that are rewound, and waits until it is its turn. In: a webhook. Out: the next of them. Holds: each question looks at
 * a bounded number of rows.
 */
import type { Run } from '../bulk.ts';
import { dayTimeOf } from '../history/history-key.ts';

/** Rows that one question brings. */
const scanMax = 500;

export interface HeldEvent {
  readonly eventKey: string;
  /** Numbers are given as rows are written. */
  readonly seq: string;
  readonly receivedAtMs: number;
  readonly sourceTopic: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
}

/** The newest number; '0': nothing waits. */
export async function newestHeld(run: Run, webhookId: string): Promise<string> {
  const [row] = await run<{ seq: string | null }>(
    'select max(seq)::text as seq from held_event where webhook_id = $1',
    [webhookId],
  );
  return row?.seq ?? '0';
}

/** How many wait, at most `max`. */
export async function countHeld(run: Run, webhookId: string, max: number): Promise<number> {
  const [row] = await run<{ count: number }>(
    `select count(*)::int as count from (select from held_event where webhook_id = $1 limit ${max}) waiting`,
    [webhookId],
  );
  return row?.count ?? 0;
}

/** The next ones, in the order of arrival. @param isKept false: without those that fan-out has in memory */
export async function nextHeld(run: Run, webhookId: string, isKept: boolean): Promise<HeldEvent[]> {
  return run<HeldEvent>(
    `select event_key as "eventKey", seq::text as seq, (extract(epoch from received_at) * 1000)::float8 as "receivedAtMs",
      source_topic as "sourceTopic", source_partition as "sourcePartition", source_offset::float8 as "sourceOffset"
    from held_event where webhook_id = $1 ${isKept ? '' : 'and not is_kept'}
    order by received_at, source_topic, source_partition, source_offset limit ${scanMax}`,
    [webhookId],
  );
}

/**
 * Of rows in the order of arrival those before which nothing can be missing: they were there when all that was written until then is now in the
 * history, or came before one of those from the same partition. Numbers up to `upTo` were there.
 */
export function settledHeld(rows: readonly HeldEvent[], upTo: string): HeldEvent[] {
  const last = new Map<string, number>();
  for (const row of rows) {
    if (BigInt(row.seq) > BigInt(upTo)) continue;
    last.set(placeOf(row), Math.max(last.get(placeOf(row)) ?? -1, row.sourceOffset));
  }
  return rows.filter((row) => row.sourceOffset <= (last.get(placeOf(row)) ?? -Infinity));
}

function placeOf({ sourceTopic, sourcePartition }: HeldEvent): string {
  return `${sourceTopic} ${sourcePartition}`;
}

/** Those of which fan-out wrote the delivery meanwhile. */
export async function matchedOf(run: Run, webhookId: string, eventKeys: readonly string[]): Promise<Set<string>> {
  const rows = await run<{ eventKey: string }>(
    `select event_key as "eventKey" from event where event_key = any($1) and day_time = any($2)
      and jsonb_path_exists(decisions, '$[*] ? (@.webhookId == $webhook && @.decision == "matched")', $3::jsonb)`,
    [
      eventKeys,
      [...new Set(eventKeys.map((key) => dayTimeOf(key)?.toISOString()))],
      JSON.stringify({ webhook: webhookId }),
    ],
  );
  return new Set(rows.map(({ eventKey }) => eventKey));
}

export async function removeHeld(run: Run, webhookId: string, eventKeys: readonly string[]): Promise<void> {
  await run('delete from held_event where webhook_id = $1 and event_key = any($2)', [webhookId, eventKeys]);
}
