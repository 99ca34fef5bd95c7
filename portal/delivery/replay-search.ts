/** The page that sends many again takes the filters of the list from its address. */
import type { Query } from '../api/reads.ts';
import { deliveryFilterNames, deliveryFilters } from './delivery.ts';

export function replaySearch(query: Query): Record<string, string> {
  const said = deliveryFilterNames.flatMap((name) => {
    const value = query[deliveryFilters[name]];
    return typeof value !== 'string' || value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries(said);
}
