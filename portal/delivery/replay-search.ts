/** The page that sends many again takes the filters of the list from its address. */
import type { Query } from '../api/reads.ts';

const names: Readonly<Record<string, string>> = {
  webhookId: 'webhook',
  status: 'status',
  eventType: 'type',
  eventId: 'event',
  kind: 'kind',
  reason: 'reason',
  responseCode: 'code',
  from: 'from',
  to: 'to',
};

export function replaySearch(query: Query): Record<string, string> {
  const said = Object.entries(query).flatMap(([name, value]) => {
    const known = names[name];
    return known === undefined || typeof value !== 'string' || value === '' ? [] : [[known, value] as const];
  });
  return Object.fromEntries(said);
}
