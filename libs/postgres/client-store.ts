/** Tenants. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../domain/actor.ts';
import { appendAudit } from './audit-store.ts';
import { Conditions } from './conditions.ts';
import { ClientRow } from './entities/client.ts';
import { pageFrom, type Page, type PageRequest } from './page.ts';
import { readerOf } from './read.ts';

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

export class ClientStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when the id is taken. */
  async create({ id, name }: Pick<Client, 'id' | 'name'>, actor: Actor, now: Date): Promise<Client | null> {
    return this.em.fork().transactional(async (em) => {
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
      return client;
    });
  }

  async find(id: string): Promise<Client | null> {
    const [found] = await readerOf(this.em)<Client>(`select ${columns} from client where id = $1`, [id]);
    return found ?? null;
  }

  /** In the order of ids. */
  async list({ limit, after }: PageRequest<string>): Promise<Page<Client, string>> {
    const conditions = new Conditions().add('id > ?', after);
    const found = await readerOf(this.em)<Client>(
      `select ${columns} from client ${conditions.where} order by id limit ${limit + 1}`,
      conditions.values,
    );
    return pageFrom(found, limit, ({ id }) => id);
  }
}

const columns = 'id, name, created_at as "createdAt"';
