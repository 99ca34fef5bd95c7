/** The statement of a page of rejected events: read along an index; what none has is looked for among so many rows. */
import { firstObjectIdAt } from '../../domain/object-id.ts';
import { Conditions } from '../conditions.ts';
import { seek, type PageRequest } from '../page.ts';

/** `none`: never sent again. `waiting`: its turn comes. `failed`: it could not be sent. */
export const redriveStates = ['none', 'waiting', 'sent', 'failed'] as const;
export type RedriveState = (typeof redriveStates)[number];

export interface RejectedEventFilter {
  /** One of these. */
  readonly reason?: readonly string[] | undefined;
  readonly sourceTopic?: string | undefined;
  readonly redrive?: readonly RedriveState[] | undefined;
  /** Rejected at this time or later. */
  readonly from?: Date | undefined;
  /** Rejected before this time. */
  readonly to?: Date | undefined;
}

/** Rows that a page looks at. */
const lookedMax = 5_000;

export const redriveState = `case when redrive_at is not null then 'waiting' when redrive_problem is not null then 'failed'
  when redriven_at is not null then 'sent' else 'none' end`;

const columns = `id, rejected_at as "rejectedAt", reason, detail, partition, "offset"::float8 as "offset", source_topic as "sourceTopic",
  source_partition as "sourcePartition", source_offset::float8 as "sourceOffset", source_at as "sourceAt", key, value,
  value_state as "valueState", value_bytes as "valueBytes", redrive_count as "redriveCount", refusal,
  ${redriveState} as "redriveState", redrive_at as "redriveAt", redriven_at as "redrivenAt", redrive_problem as "redriveProblem"`;

/** `isBounded`: it may end before the page is full, and its rows say so. */
export function rejectedEventList(filter: RejectedEventFilter, request: PageRequest<string>) {
  const conditions = new Conditions();
  const wanted = narrowed(conditions, filter);
  const isBounded = wanted !== null;
  const tail = seek(conditions, 'id', 'desc', request);
  const { values } = conditions;
  if (!isBounded) {
    return { sql: `select ${columns} from rejected_event ${conditions.where} ${tail}`, values, isBounded };
  }
  const order = (request.before ?? null) === null ? 'id desc' : 'id';
  // Values lie elsewhere, and only those of the page are fetched.
  const sql = `
    select * from (
      select ${columns}, (${wanted}) as "isWanted", row_number() over (order by ${order}) = ${lookedMax} as "isLast"
      from rejected_event ${conditions.where} order by ${order} limit ${lookedMax}
    ) looked where "isWanted" or "isLast" ${tail}`;
  return { sql, values, isBounded };
}

/** What an index has goes into the conditions. @returns what none has, or null */
export function narrowed(conditions: Conditions, { reason, sourceTopic, redrive, from, to }: RejectedEventFilter) {
  conditions
    .add('id >= ?', from && firstObjectIdAt('rejected', from.getTime()))
    .add('id < ?', to && firstObjectIdAt('rejected', to.getTime()))
    .add('source_topic = ?', sourceTopic);
  const rest: string[] = [];
  if (reason?.length === 1 && sourceTopic === undefined) conditions.add('reason = ?', reason[0]);
  else if (reason !== undefined) rest.push(`reason = ${anyOf(conditions, reason)}`);
  if (redrive !== undefined) rest.push(`${redriveState} = ${anyOf(conditions, redrive)}`);
  return rest.length === 0 ? null : rest.join(' and ');
}

/** As JSON, which the mapper takes too: it would write a list out. */
export function anyOf(conditions: Conditions, texts: readonly string[]): string {
  return `any(array(select json_array_elements_text(${conditions.value(JSON.stringify(texts))}::json)))`;
}
