/** Keys of the API. In and out: only the hash of a key; the key itself is never here. */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import {
  capabilitiesOfRole,
  capabilitiesOfScope,
  commonCapabilities,
  type Capability,
} from '../../domain/access/capabilities.ts';
import { Gathering } from '../../runtime/gathering.ts';
import { appendAudit } from './audit-store.ts';
import { runIn } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import { ApiKeyRow, type ApiKeyRole } from '../entities/api-key.ts';
import { ClientRow } from '../entities/client.ts';
import { isStatementAtFault } from '../server/database-away.ts';
import { changing } from '../webhooks/held-change.ts';
import { firstOf, isBeforeAll, pageFrom, seek, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: ApiKeyRole;
  readonly clientId: string | null;
  readonly prefix: string;
  readonly capabilities: readonly Capability[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
}

export interface NewApiKey extends Pick<
  ApiKey,
  'id' | 'name' | 'role' | 'clientId' | 'prefix' | 'capabilities' | 'expiresAt'
> {
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/** Keys of one statement. */
const hashesMax = 1_000;

export class ApiKeyStore {
  private readonly em: EntityManager;
  private readonly lookups: Gathering<string, ApiKey | null>;

  constructor(em: EntityManager) {
    this.em = em;
    this.lookups = new Gathering({
      weightMax: hashesMax,
      isOfOne: isStatementAtFault,
      ask: (hashes) => this.findByHashes(hashes),
    });
  }

  /**
   * Null when there is no such client.
   * @param ofClientMax keys in force, of which one more is refused; null: any number
   */
  async create(
    key: NewApiKey,
    actor: Actor,
    now: Date,
    ofClientMax: number | null = null,
  ): Promise<ApiKey | 'too_many' | null> {
    return changing(this.em, async (em) => {
      const { clientId } = key;
      if (clientId !== null) {
        const owner = await em.findOne(ClientRow, { id: clientId }, { lockMode: LockMode.PESSIMISTIC_READ });
        if (owner === null || owner.leavingAt != null) return null;
        if (ofClientMax !== null && (await countInForce(em, clientId)) >= ofClientMax) return 'too_many';
      }
      await em.insert(ApiKeyRow, { ...key, capabilities: [...key.capabilities], createdAt: now });
      const { hash: _, ...shown } = key;
      await appendAudit(em, { ...changeOf('api_key.created', key), before: null, after: shown }, actor, now);
      return { ...shown, createdAt: now, lastUsedAt: null };
    });
  }

  /** The key that is in force and has this hash: as it is after this was asked, though others are asked for with it. */
  findByHash(hash: string): Promise<ApiKey | null> {
    return this.lookups.ask(hash, hash);
  }

  private async findByHashes(hashes: readonly string[]): Promise<(ApiKey | null)[]> {
    const rows = await readerOf(this.em)<KeyRow & { readonly hash: string }>(
      `select hash, ${columns}, exists (select 1 from client c where c.id = client_id and c.suspended_at is not null)
        as "isSuspended" from api_key where hash = any($1) and ${keyInForce}`,
      [[...new Set(hashes)]],
    );
    const byHash = new Map(rows.map(({ hash, ...key }) => [hash, keyOf(key)]));
    return hashes.map((hash) => byHash.get(hash) ?? null);
  }

  async touch(id: string, now: Date): Promise<void> {
    await readerOf(this.em)('update api_key set last_used_at = $2 where id = $1', [id, now]);
  }

  /** Keys in force of a client, or of none; newest first. */
  async list(clientId: string | null, request: PageRequest<string>): Promise<Page<ApiKey, string>> {
    const conditions = new Conditions();
    const tail = seek(conditions, 'id', 'desc', request);
    const owner = `client_id is not distinct from ${conditions.value(clientId)}::text`;
    const found = await readerOf(this.em)<KeyRow>(
      `select ${columns} from api_key ${conditions.where || 'where true'} and ${owner} and ${keyInForce}
      ${tail}`,
      conditions.values,
    );
    const page = pageFrom(found.map(keyOf), request, ({ id }) => id);
    return isBeforeAll(page, request) ? this.list(clientId, firstOf(request)) : page;
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
  'id, name, role, client_id as "clientId", prefix, capabilities, created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt"';
/** A condition on its row. */
export const keyInForce = 'revoked_at is null and (expires_at is null or expires_at > clock_timestamp())';

/** Two that make keys of one client at once wait for each other here, so that neither overlooks the other's. */
async function countInForce(em: EntityManager, clientId: string): Promise<number> {
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`keys.of ${clientId}`]);
  const [row] = await runIn(em)<{ count: number }>(
    `select count(*)::int as count from api_key where client_id = $1 and ${keyInForce}`,
    [clientId],
  );
  return row?.count ?? 0;
}

/** A key of an earlier version has no capabilities of its own. */
type KeyRow = Omit<ApiKey, 'capabilities'> & {
  readonly capabilities: readonly Capability[] | null;
  /** Its client is: then it only looks. Left out where a key is shown, not used. */
  readonly isSuspended?: boolean;
};

function keyOf({ isSuspended = false, ...row }: KeyRow): ApiKey {
  const most = capabilitiesOfRole[row.role];
  const held = commonCapabilities(row.capabilities ?? most, most);
  return { ...row, capabilities: isSuspended ? commonCapabilities(held, capabilitiesOfScope.view) : held };
}

function changeOf(action: string, { id, clientId }: Pick<ApiKey, 'id' | 'clientId'>) {
  return { action, objectKind: 'api_key', objectId: id, clientId } as const;
}
