/** Requests to replace personal data in the audit log: taken here, done by housekeeping ({@link eraseStep}). */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { appendAudit } from './audit-store.ts';
import { runIn } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import { changing } from '../webhooks/held-change.ts';
import { pageFrom, seek, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';

export interface NewErasure {
  readonly id: string;
  /** Text about a person; kept until it is done. */
  readonly subject: string;
  /** Only entries about this client's objects; null: all. */
  readonly clientId: string | null;
  readonly reason: string | null;
}

export interface Erasure extends Omit<NewErasure, 'subject'> {
  readonly requestedAt: Date;
  /** In which something was replaced. */
  readonly entries: number;
  readonly finishedAt: Date | null;
}

export class AuditErasureStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Of the entries that are there. Its own entry does not name whom it is about. */
  async create({ id, subject, clientId, reason }: NewErasure, actor: Actor, now: Date): Promise<Erasure> {
    return changing(this.em, async (em) => {
      await runIn(em)(
        `insert into audit_erasure (id, subject, client_id, reason, requested_at, up_to_id)
        values ($1, $2, $3, $4, $5, (select coalesce(max(id), 0) from audit_entry))`,
        [id, subject, clientId, reason, now.toISOString()],
      );
      const change = { action: 'audit.erasure_requested', objectKind: 'audit_erasure', objectId: id } as const;
      await appendAudit(em, { ...change, clientId, before: null, after: { reason } }, actor, now);
      return { id, clientId, reason, requestedAt: now, entries: 0, finishedAt: null };
    });
  }

  async find(id: string): Promise<Erasure | null> {
    const [found] = await readerOf(this.em)<Erasure>(`select ${columns} from audit_erasure where id = $1`, [id]);
    return found ?? null;
  }

  /** Newest first. */
  async list(request: PageRequest<string>): Promise<Page<Erasure, string>> {
    const conditions = new Conditions();
    const tail = seek(conditions, 'id', 'desc', request);
    const found = await readerOf(this.em)<Erasure>(
      `select ${columns} from audit_erasure ${conditions.where} ${tail}`,
      conditions.values,
    );
    return pageFrom(found, request, ({ id }) => id);
  }
}

const columns = `id, client_id as "clientId", reason, requested_at as "requestedAt", entries, finished_at as "finishedAt"`;
