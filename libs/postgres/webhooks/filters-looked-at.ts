/** Filters of the webhooks that take a type, a portion at a time: each question looks at a bounded number of webhooks and answers with a bounded size, however many there are. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { patternsFor } from '../../domain/delivery/match.ts';
import { readerOf } from '../read.ts';

export interface LookedFilters {
  readonly filters: readonly { readonly webhookId: string; readonly clientId: string; readonly filter: string }[];
  /** Where the next portion begins; null: there is none. */
  readonly next: string | null;
}

const portionMax = 5_000;
/** Of the filters of one portion; one more may reach beyond it. A client may have a thousand webhooks, each with a filter of 200 kB. */
const portionBytesMax = 4 * 1024 * 1024;

export function filtersStatement(type: string, after: string, bytesMax = portionBytesMax) {
  const sql = `
    with looked as materialized (
      select id, client_id, filter, filter is not null and event_types ?| $2 as is_wanted
      from webhook where id > $1 order by id limit ${portionMax}),
    weighed as materialized (
      select *, sum(case when is_wanted then octet_length(filter) else 0 end)
        over (order by id rows between unbounded preceding and 1 preceding) as bytes_before
      from looked),
    taken as materialized (select * from weighed where coalesce(bytes_before, 0) < ${bytesMax})
    select id, client_id as "clientId", case when is_wanted then filter end as filter,
      (select count(*)::int from looked) as looked, (select count(*)::int from taken) as taken
    from taken
    where is_wanted or id = (select id from taken order by id desc limit 1)
    order by id`;
  return { sql, values: [after, patternsFor(type)] };
}

export interface FilterRow {
  readonly id: string;
  readonly clientId: string;
  /** Null: it is here as the last one that was looked at. */
  readonly filter: string | null;
  readonly looked: number;
  readonly taken: number;
}

export class FiltersOfTypes {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** @param after where the portion before ended; empty: from the first webhook on */
  async portion(type: string, after: string): Promise<LookedFilters> {
    const { sql, values } = filtersStatement(type, after);
    const rows = await readerOf(this.em)<FilterRow>(sql, values);
    const last = rows.at(-1);
    const filters = rows.flatMap(({ id, clientId, filter }) =>
      filter === null ? [] : [{ webhookId: id, clientId, filter }],
    );
    const isAll = last === undefined || (last.taken === last.looked && last.looked < portionMax);
    return { filters, next: isAll ? null : last.id };
  }
}
