/** The catalogue of event types: a change, its audit entry and its outbox row in one transaction. */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { isVisibleTo, type EventType } from '../../domain/event/event-type.ts';
import { appendAudit, changedMembers } from '../access/audit-store.ts';
import { Conditions } from '../conditions.ts';
import { EventTypeRow } from '../entities/event-type.ts';
import { changing } from './held-change.ts';
import { eventTypesTopic as topic } from '../outbox/outbox-topics.ts';
import { appendToOutbox } from '../outbox/outbox-writer.ts';
import { firstOf, isBeforeAll, pageFrom, seek, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';

export interface CataloguedType extends Omit<EventType, 'updatedAt'> {
  /** How long the history keeps its events; null: as long as everything. */
  readonly retentionDays: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One state of an entry: nothing of it changes without one of these. */
export type SeenType = Pick<CataloguedType, 'type' | 'version' | 'createdAt' | 'updatedAt'>;

export type EventTypeFields = Omit<EventType, 'type' | 'version' | 'updatedAt'> & Pick<CataloguedType, 'retentionDays'>;

/** `visibleTo` undefined: as it is, so that whoever does not know of it opens nothing. */
export type GivenFields = Omit<EventTypeFields, 'visibleTo'> & {
  readonly visibleTo?: EventTypeFields['visibleTo'] | undefined;
};

export type PutResult<Refusal> =
  /** before: null, it was not there. */
  | { readonly kind: 'put'; readonly entry: CataloguedType; readonly before: EventTypeFields | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export class EventTypeStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /**
   * Makes or replaces the entry. What changes nothing is no change. `refusalOf` judges the entry that is there, under
   * its lock; null: go on.
   */
  async put<Refusal>(
    type: string,
    given: GivenFields,
    refusalOf: (before: EventTypeFields) => Refusal | null,
    actor: Actor,
    now: Date,
  ): Promise<PutResult<Refusal>> {
    return changing(this.em, async (em) => {
      await insertIfMissing(em, type, now);
      const row = await em.findOneOrFail(EventTypeRow, { type }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const before = fieldsOf(row);
      const { visibleTo = before.visibleTo, ...others } = given;
      return replace(em, row, { ...others, visibleTo }, refusalOf, actor, now);
    });
  }

  /** The same of the fields that are given alone. Null: the entry is not there. */
  async change<Refusal>(
    type: string,
    given: Partial<EventTypeFields>,
    refusalOf: (before: EventTypeFields, after: EventTypeFields) => Refusal | null,
    actor: Actor,
    now: Date,
  ): Promise<PutResult<Refusal> | null> {
    return changing(this.em, async (em) => {
      const row = await em.findOne(EventTypeRow, { type }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      return row === null ? null : replace(em, row, { ...fieldsOf(row), ...given }, refusalOf, actor, now);
    });
  }

  /** False when it is not there. */
  async remove(type: string, actor: Actor, now: Date): Promise<boolean> {
    return changing(this.em, async (em) => {
      const row = await em.findOne(EventTypeRow, { type }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (row === null) return false;
      const before = fieldsOf(row);
      await em.nativeDelete(EventTypeRow, { type });
      const change = {
        action: 'event_type.deleted',
        objectKind: 'event_type',
        objectId: type,
        clientId: null,
      } as const;
      await appendAudit(em, { ...change, before, after: null }, actor, now);
      await appendToOutbox(em, [{ topic, key: type, value: null }], now);
      return true;
    });
  }

  /** @param clientId in whose catalogue; null: in the operator's, which has all */
  async find(type: string, clientId: string | null): Promise<CataloguedType | null> {
    const [entry] = await this.findMany([type]);
    return entry !== undefined && isVisibleTo(entry, clientId) ? entry : null;
  }

  async findMany(types: readonly string[]): Promise<CataloguedType[]> {
    return readerOf(this.em)<CataloguedType>(`select ${columns} from event_type where type = any($1)`, [types]);
  }

  /** The names of the first that this client may see, in their order. */
  async names(clientId: string, limit: number): Promise<string[]> {
    const rows = await readerOf(this.em)<{ type: string }>(
      `select type from event_type where ${visible('$1')} order by type limit $2`,
      [clientId, limit],
    );
    return rows.map(({ type }) => type);
  }

  /** The first that this client sees (null: all), in the order of names, without their texts. */
  async seen(clientId: string | null, limit: number): Promise<SeenType[]> {
    const conditions = new Conditions().add(visible('?'), clientId);
    return readerOf(this.em)<SeenType>(
      `select type, version, created_at as "createdAt", updated_at as "updatedAt" from event_type ${conditions.where}
      order by type limit ${limit}`,
      conditions.values,
    );
  }

  /** In the order of names. */
  async list(
    filter: { readonly clientId: string | null; readonly deprecated?: boolean | undefined },
    request: PageRequest<string>,
  ): Promise<Page<CataloguedType, string>> {
    const conditions = new Conditions().add('deprecated = ?', filter.deprecated).add(visible('?'), filter.clientId);
    const tail = seek(conditions, 'type', 'asc', request);
    const found = await readerOf(this.em)<CataloguedType>(
      `select ${columns} from event_type ${conditions.where} ${tail}`,
      conditions.values,
    );
    const page = pageFrom(found, request, ({ type }) => type);
    return isBeforeAll(page, request) ? this.list(filter, firstOf(request)) : page;
  }
}

/** Of a row that is locked. What changes nothing is no change. */
async function replace<Refusal>(
  em: EntityManager,
  row: EventTypeRow,
  fields: EventTypeFields,
  refusalOf: (before: EventTypeFields, after: EventTypeFields) => Refusal | null,
  actor: Actor,
  now: Date,
): Promise<PutResult<Refusal>> {
  const before = fieldsOf(row);
  const { type } = row;
  const isNew = row.version === 0;
  if (!isNew && JSON.stringify(before) === JSON.stringify(fields))
    return { kind: 'put', entry: catalogued(row), before };
  const refusal = isNew ? null : refusalOf(before, fields);
  if (refusal !== null) return { kind: 'refused', refusal };
  em.assign(row, {
    ...fields,
    sensitivePaths: [...fields.sensitivePaths],
    visibleTo: fields.visibleTo === null ? null : [...fields.visibleTo],
    version: row.version + 1,
    updatedAt: now,
  });
  await em.flush();
  const change = isNew
    ? { action: 'created', before: null, after: fields }
    : { action: 'updated', ...changedMembers(before, fields) };
  const of = { objectKind: 'event_type', objectId: type, clientId: null } as const;
  await appendAudit(em, { ...change, ...of, action: `event_type.${change.action}` }, actor, now);
  await appendToOutbox(em, [{ topic, key: type, value: valueOf(row) }], now);
  return { kind: 'put', entry: catalogued(row), before: isNew ? null : before };
}

/** So that two that make the same entry at once wait for each other at its row. Version 0 is never seen outside. */
async function insertIfMissing(em: EntityManager, type: string, now: Date): Promise<void> {
  await em
    .createQueryBuilder(EventTypeRow)
    .insert({
      type,
      audience: 'client',
      schemaMode: 'off',
      sensitivePaths: [],
      deprecated: false,
      version: 0,
      createdAt: now,
      updatedAt: now,
    })
    .onConflict('type')
    .ignore()
    .execute();
}

function fieldsOf(row: EventTypeRow): EventTypeFields {
  return {
    description: row.description ?? null,
    audience: row.audience,
    jsonSchema: row.jsonSchema ?? null,
    schemaMode: row.schemaMode,
    example: row.example ?? null,
    sensitivePaths: row.sensitivePaths,
    deprecated: row.deprecated,
    retentionDays: row.retentionDays ?? null,
    visibleTo: row.visibleTo ?? null,
  };
}

function catalogued(row: EventTypeRow): CataloguedType {
  return {
    type: row.type,
    ...fieldsOf(row),
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** What fan-out needs of it. */
export function valueOf(row: EventTypeRow): EventType {
  const { retentionDays: _, ...fields } = fieldsOf(row);
  return { type: row.type, ...fields, version: row.version, updatedAt: row.updatedAt.getTime() };
}

/** Of a client. @param parameter its id */
function visible(parameter: string): string {
  return `(visible_to is null or ${parameter} = any(visible_to))`;
}

const columns =
  'type, description, audience, json_schema as "jsonSchema", schema_mode as "schemaMode", example, sensitive_paths as "sensitivePaths", deprecated, retention_days as "retentionDays", visible_to as "visibleTo", version, created_at as "createdAt", updated_at as "updatedAt"';
