/** Filters of the webhooks that take a type, a portion at a time: each question looks at a bounded number of webhooks, however many there are. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { patternsFor } from '../../domain/delivery/match.ts';
import { readerOf } from '../read.ts';

export interface LookedFilters {
  readonly filters: readonly { readonly webhookId: string; readonly clientId: string; readonly filter: string }[];
  /** Where the next portion begins; null: there is none. */
  readonly next: string | null;
}

const portionMax = 5_000;

export function filtersStatement(type: string, after: string) {
  const sql = `
    with looked as materialized (
      select id, client_id, filter, event_types from webhook where id > $1 order by id limit ${portionMax})
    select id, client_id as "clientId", filter, (filter is not null and event_types ?| $2) as "isWanted",
      (select count(*)::int from looked) as looked
    from looked
    where (filter is not null and event_types ?| $2) or id = (select id from looked order by id desc limit 1)
    order by id`;
  return { sql, values: [after, patternsFor(type)] };
}

interface Row {
  readonly id: string;
  readonly clientId: string;
  readonly filter: string | null;
  readonly isWanted: boolean;
  readonly looked: number;
}

export class FiltersOfTypes {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** @param after where the portion before ended; empty: from the first webhook on */
  async portion(type: string, after: string): Promise<LookedFilters> {
    const { sql, values } = filtersStatement(type, after);
    const rows = await readerOf(this.em)<Row>(sql, values);
    const last = rows.at(-1);
    const filters = rows.flatMap(({ id, clientId, filter, isWanted }) =>
      isWanted && filter !== null ? [{ webhookId: id, clientId, filter }] : [],
    );
    return { filters, next: last === undefined || last.looked < portionMax ? null : last.id };
  }
}
