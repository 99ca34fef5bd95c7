/** Keys of the API. In and out: only the hash of a key; the key itself is never here. */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../domain/actor.ts';
import { appendAudit } from './audit-store.ts';
import { Conditions } from './conditions.ts';
import { ApiKeyRow, type ApiKeyRole } from './entities/api-key.ts';
import { ClientRow } from './entities/client.ts';
import { changing } from './held-change.ts';
import { pageFrom, seek, type Page, type PageRequest } from './page.ts';
import { readerOf } from './read.ts';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: ApiKeyRole;
  readonly clientId: string | null;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

export interface NewApiKey extends Pick<ApiKey, 'id' | 'name' | 'role' | 'clientId' | 'prefix'> {
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

export class ApiKeyStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when there is no such client. */
  async create(key: NewApiKey, actor: Actor, now: Date): Promise<ApiKey | null> {
    return changing(this.em, async (em) => {
      const { clientId } = key;
      if (clientId !== null) {
        const owner = await em.findOne(ClientRow, { id: clientId }, { lockMode: LockMode.PESSIMISTIC_READ });
        if (owner === null) return null;
      }
      await em.insert(ApiKeyRow, { ...key, createdAt: now });
      const { hash: _, ...shown } = key;
      await appendAudit(em, { ...changeOf('api_key.created', key), before: null, after: shown }, actor, now);
      return { ...shown, createdAt: now, lastUsedAt: null };
    });
  }

  /** The key that is in force and has this hash. */
  async findByHash(hash: string): Promise<ApiKey | null> {
    const [found] = await readerOf(this.em)<ApiKey>(
      `select ${columns} from api_key where hash = $1 and revoked_at is null`,
      [hash],
    );
    return found ?? null;
  }

  async touch(id: string, now: Date): Promise<void> {
    await readerOf(this.em)('update api_key set last_used_at = $2 where id = $1', [id, now]);
  }

  /** Keys in force of a client, or of none; newest first. */
  async list(clientId: string | null, request: PageRequest<string>): Promise<Page<ApiKey, string>> {
    const conditions = new Conditions();
    const tail = seek(conditions, 'id', 'desc', request);
    const owner = `client_id is not distinct from ${conditions.value(clientId)}::text`;
    const found = await readerOf(this.em)<ApiKey>(
      `select ${columns} from api_key ${conditions.where || 'where true'} and ${owner} and revoked_at is null
      ${tail}`,
      conditions.values,
    );
    return pageFrom(found, request, ({ id }) => id);
  }

  /** False when it is not there, not of this client (null: of none), or revoked already. */
  async revoke(clientId: string | null, id: string, actor: Actor, now: Date): Promise<boolean> {
    return changing(this.em, async (em) => {
      const revoked = await em.nativeUpdate(ApiKeyRow, { id, clientId, revokedAt: null }, { revokedAt: now });
      if (revoked === 0) return false;
      await appendAudit(
        em,
        { ...changeOf('api_key.revoked', { id, clientId }), before: { id }, after: null },
        actor,
        now,
      );
      return true;
    });
  }
}

const columns =
  'id, name, role, client_id as "clientId", prefix, created_at as "createdAt", last_used_at as "lastUsedAt"';

function changeOf(action: string, { id, clientId }: Pick<ApiKey, 'id' | 'clientId'>) {
  return { action, objectKind: 'api_key', objectId: id, clientId } as const;
}
