/** The audit log: written in the transaction of the change, read in pages. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { Conditions } from '../conditions.ts';
import { AuditEntryRow, type ActorKind } from '../entities/audit-entry.ts';
import { pageFrom, seek, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';

export interface AuditedChange {
  /** Such as webhook.updated. */
  readonly action: string;
  readonly objectKind:
    | 'client'
    | 'api_key'
    | 'portal_session'
    | 'encryption_key'
    | 'webhook'
    | 'event_type'
    | 'delivery'
    | 'replay'
    | 'audit_erasure'
    | 'rejected_event'
    | 'settings'
    | 'event';
  readonly objectId: string;
  readonly clientId: string | null;
  /** Secrets masked; null when it was created. */
  readonly before: object | null;
  /** Secrets masked; null when it was deleted. */
  readonly after: object | null;
}

/** Call it before the outbox is written, in the same transaction. */
export async function appendAudit(em: EntityManager, change: AuditedChange, actor: Actor, now: Date): Promise<void> {
  await em.insert(AuditEntryRow, {
    ...change,
    at: now,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    address: actor.address,
    requestId: actor.requestId,
  });
}

/** Only the members that differ, before and after. */
export function changedMembers(before: object, after: object): { before: object; after: object } {
  const changed = Object.keys(after).filter((name) => textOf(before, name) !== textOf(after, name));
  const only = (from: object) => Object.fromEntries(Object.entries(from).filter(([name]) => changed.includes(name)));
  return { before: only(before), after: only(after) };
}

/** The order of members is none of its meaning: what the database gives back has another than what came in. */
function textOf(from: object, name: string): string | undefined {
  return JSON.stringify((from as Record<string, unknown>)[name], (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

export interface AuditEntry extends AuditedChange {
  readonly id: number;
  readonly at: Date;
  readonly actorKind: ActorKind;
  readonly actorId: string;
  readonly actorName: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
}

export interface AuditFilter {
  /** Only the changes to this client's objects; null: all. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly objectKind?: string | undefined;
  readonly objectId?: string | undefined;
  readonly action?: string | undefined;
  readonly actorId?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export class AuditStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Of what leaves no other trace in the database. */
  async append(change: AuditedChange, actor: Actor, now: Date): Promise<void> {
    await appendAudit(this.em.fork(), change, actor, now);
  }

  /** The same, where a repeat of the request may say it again: nothing when it is there, member by member. */
  async appendOnce(change: AuditedChange, actor: Actor, now: Date): Promise<void> {
    const [known] = await readerOf(this.em)(
      `select 1 as known from audit_entry
      where object_kind = $1 and object_id = $2 and action = $3 and actor_id = $4 and after = $5::jsonb limit 1`,
      [change.objectKind, change.objectId, change.action, actor.id, JSON.stringify(change.after)],
    );
    if (known === undefined) await this.append(change, actor, now);
  }

  /** Newest first. */
  async list(filter: AuditFilter, request: PageRequest<number>): Promise<Page<AuditEntry, number>> {
    const conditions = new Conditions()
      .add('client_id = ?', filter.scope)
      .add('client_id = ?', filter.clientId)
      .add('object_kind = ?', filter.objectKind)
      .add('object_id = ?', filter.objectId)
      .add('action = ?', filter.action)
      .add('actor_id = ?', filter.actorId)
      .add('at >= ?', filter.from)
      .add('at < ?', filter.to);
    const tail = seek(conditions, 'audit_entry.id', 'desc', request);
    const found = await readerOf(this.em)<AuditEntry>(
      `select id::float8 as id, at, actor_kind as "actorKind", actor_id as "actorId", actor_name as "actorName",
        client_id as "clientId", action, object_kind as "objectKind", object_id as "objectId", before, after, address,
        request_id as "requestId"
      from audit_entry ${conditions.where} ${tail}`,
      conditions.values,
    );
    return pageFrom(found, request, ({ id }) => id);
  }
}
