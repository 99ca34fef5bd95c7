/**
 * What the history is to have nothing of, for whoever writes it. In: a batch as it was read. Out: the batch without that. Holds:
 * asked within the transaction that writes, and behind the lock that erasures wait for: whatever is marked by
 * then is seen, and whatever was written before is erased by whoever marked it.
 */
import { withoutErasedAnswer, withoutErasedData, type ErasedEvent } from '../../domain/event/erased-event.ts';
import type { KeptOutcome } from '../../domain/delivery/outcome.ts';
import type { WebhookEvent } from '../../domain/event/webhook-event.ts';
import type { Run } from '../bulk.ts';

interface Batch {
  readonly events: readonly WebhookEvent[];
  readonly outcomes: readonly KeptOutcome[];
}

export async function withoutErased(run: Run, { events, outcomes }: Batch): Promise<Batch> {
  // Nearly always there are none, and nothing of the batch has to travel to learn that.
  const [some] = await run<{ events: boolean; clients: boolean }>(anySql, [], { name: 'erasure-marks' });
  const left = some?.clients === true ? await withoutLeft(run, { events, outcomes }) : { events, outcomes };
  return some?.events === true ? withoutData(run, left) : left;
}

async function withoutData(run: Run, { events, outcomes }: Batch): Promise<Batch> {
  const ids = [...new Set([...events, ...outcomes].map(({ eventId }) => eventId))];
  const erased = await run<ErasedEvent>(eventsSql, [ids]);
  if (erased.length === 0) return { events, outcomes };
  return {
    events: events.map((event) => withoutErasedData(event, erased)),
    outcomes: outcomes.map((outcome) => withoutErasedAnswer(outcome, erased)),
  };
}

/** Of a broadcast what was decided for others stays. */
async function withoutLeft(run: Run, { events, outcomes }: Batch): Promise<Batch> {
  const named = [...events, ...events.flatMap(({ decisions }) => decisions), ...outcomes].map(
    ({ clientId }) => clientId,
  );
  const rows = await run<{ clientId: string }>(
    'select client_id as "clientId" from client_leaving where client_id = any($1)',
    [[...new Set(named)].filter((id) => id !== null)],
  );
  if (rows.length === 0) return { events, outcomes };
  const left = new Set(rows.map(({ clientId }) => clientId));
  return {
    events: events
      .filter(({ clientId }) => clientId === null || !left.has(clientId))
      .map((event) => ({ ...event, decisions: event.decisions.filter(({ clientId }) => !left.has(clientId)) })),
    outcomes: outcomes.filter(({ clientId }) => !left.has(clientId)),
  };
}

const anySql = `select exists (select 1 from event_erasure) as events, exists (select 1 from client_leaving) as clients`;

const eventsSql = `
select event_id as "eventId", source, client_id as "clientId" from event_erasure where event_id = any($1)`;
