/** Tenants. */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../domain/actor.ts';
import type { DisableOverride } from '../domain/disable-rules.ts';
import { appendAudit, changedMembers } from './audit-store.ts';
import { Conditions } from './conditions.ts';
import { ClientRow } from './entities/client.ts';
import { changing } from './held-change.ts';
import { pageFrom, seek, type Page, type PageRequest } from './page.ts';
import { readerOf } from './read.ts';

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly noticeEmails: readonly string[];
  readonly autoDisable: DisableOverride;
  readonly createdAt: Date;
}

/** What is undefined stays. */
export interface ClientChange {
  readonly name?: string | undefined;
  readonly noticeEmails?: readonly string[] | undefined;
  readonly autoDisable?: DisableOverride | undefined;
}

export class ClientStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when the id is taken. */
  async create({ id, name }: Pick<Client, 'id' | 'name'>, actor: Actor, now: Date): Promise<Client | null> {
    return changing(this.em, async (em) => {
      const client = { id, name, createdAt: now };
      const inserted = await em
        .createQueryBuilder(ClientRow)
        .insert(client)
        .onConflict('id')
        .ignore()
        .returning('id')
        .execute<object[]>('all');
      if (inserted.length === 0) return null;
      const change = { action: 'client.created', objectKind: 'client', objectId: id, clientId: id } as const;
      await appendAudit(em, { ...change, before: null, after: { id, name } }, actor, now);
      return { ...client, noticeEmails: [], autoDisable: {} };
    });
  }

  /** Null when there is none. What changes nothing is no change. */
  async update(id: string, change: ClientChange, actor: Actor, now: Date): Promise<Client | null> {
    return changing(this.em, async (em) => {
      const row = await em.findOne(ClientRow, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (row === null) return null;
      const before = shown(row);
      row.name = change.name ?? row.name;
      row.noticeEmails = change.noticeEmails === undefined ? row.noticeEmails : [...change.noticeEmails];
      row.autoDisable = change.autoDisable ?? row.autoDisable;
      await em.flush();
      const after = shown(row);
      const members = changedMembers(before, after);
      if (Object.keys(members.after).length === 0) return after;
      const action = { action: 'client.updated', objectKind: 'client', objectId: id, clientId: id } as const;
      await appendAudit(em, { ...action, ...members }, actor, now);
      return after;
    });
  }

  async find(id: string): Promise<Client | null> {
    const [found] = await readerOf(this.em)<Client>(`select ${columns} from client where id = $1`, [id]);
    return found ?? null;
  }

  /** Those of the ids that are clients. */
  async knownOf(ids: readonly string[]): Promise<string[]> {
    const rows = await readerOf(this.em)<{ id: string }>('select id from client where id = any($1)', [ids]);
    return rows.map(({ id }) => id);
  }

  /** In the order of ids. */
  async list(request: PageRequest<string>): Promise<Page<Client, string>> {
    const conditions = new Conditions();
    const tail = seek(conditions, 'id', 'asc', request);
    const found = await readerOf(this.em)<Client>(
      `select ${columns} from client ${conditions.where} ${tail}`,
      conditions.values,
    );
    return pageFrom(found, request, ({ id }) => id);
  }
}

function shown({ id, name, noticeEmails, autoDisable, createdAt }: ClientRow): Client {
  return { id, name, noticeEmails, autoDisable, createdAt };
}

const columns = `id, name, notice_emails as "noticeEmails", auto_disable as "autoDisable", created_at as "createdAt"`;
