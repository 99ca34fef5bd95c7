/**
 * In: an event type, its schema before and after. Out: a warning for each field that goes and that filters of webhooks name: what such a filter asks
 * for is missing from then on. For operators, who see all clients.
 * Holds: at most {@link webhooksLookedAtMax} webhooks are looked at, in portions, for a whole import at most as many again, and a count that is
 * none of all says so.
 */
import type { FieldWarning } from '../../../libs/api-contract/event-type-warnings.ts';
import { fieldsNamed, removedFields } from '../../../libs/domain/event/schema-fields.ts';
import type { FiltersOfTypes, LookedFilters } from '../../../libs/postgres/webhooks/filters-looked-at.ts';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';

export const webhooksLookedAtMax = 100_000;
const portionsMax = webhooksLookedAtMax / 5_000;
/** Of one request, however many types it changes. */
const portionsOfRequestMax = 2 * portionsMax;
const webhooksNamedMax = 20;
const fieldsMax = 50;

/** Filters as one request may look at them: 500 types of an import, each with all webhooks, would take minutes of the database. */
export class LookedFiltersOf {
  private readonly filters: Pick<FiltersOfTypes, 'portion'>;
  private left = portionsOfRequestMax;

  constructor(filters: Pick<FiltersOfTypes, 'portion'>) {
    this.filters = filters;
  }

  get hasRoom(): boolean {
    return this.left > 0;
  }

  portion(type: string, after: string): Promise<LookedFilters> {
    this.left -= 1;
    return this.filters.portion(type, after);
  }
}

export async function removedFieldWarnings(
  filters: LookedFiltersOf,
  type: string,
  before: string | null,
  after: string | null,
): Promise<readonly FieldWarning[]> {
  const fields = before === null || after === null ? [] : removedFields(JSON.parse(before), JSON.parse(after));
  if (fields.length === 0) return [];
  const wanted = fields.slice(0, fieldsMax);
  const users = new Map<string, { count: number; webhooks: { id: string; clientId: string }[] }>();
  const turns = new TimeSlices();
  /** Many webhooks have the same filter. */
  const known = new Map<string, readonly string[]>();
  let next: string | null = '';
  for (let portions = 0; next !== null && portions < portionsMax && filters.hasRoom; portions += 1) {
    const { filters: found, next: following } = await filters.portion(type, next);
    next = following;
    for (const { webhookId, clientId, filter } of found) {
      await turns.over();
      let named = known.get(filter);
      if (named === undefined) {
        named = fieldsNamed(filter, wanted);
        if (known.size < 1_000) known.set(filter, named);
      }
      for (const field of named) {
        const user = users.get(field) ?? { count: 0, webhooks: [] };
        user.count += 1;
        if (user.webhooks.length < webhooksNamedMax) user.webhooks.push({ id: webhookId, clientId });
        users.set(field, user);
      }
    }
  }
  const isExact = next === null;
  return [...users].map(([field, { count, webhooks }]) => ({
    code: 'filter_names_removed_field' as const,
    message: `Filters of ${isExact ? '' : 'at least '}${count} webhooks name ${field}, which the schema no longer has.`,
    ...{ field, count, isExact, webhooks },
  }));
}
