/**
 * What has to be kept of portal sessions: not the sessions, which their tokens carry, but when a client's sessions were
 * ended, which single ones were, and that one was opened (in the audit log).
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { lastsUntil, type PortalSession } from '../../domain/access/portal-session.ts';
import { keyInForce } from './api-key-store.ts';
import { appendAudit } from './audit-store.ts';
import { runIn } from '../bulk.ts';
import { ClientRow } from '../entities/client.ts';
import { changing } from '../webhooks/held-change.ts';
import { readerOf } from '../read.ts';

export class PortalStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** False when there is no such client. */
  async open(session: PortalSession, actor: Actor, now: Date): Promise<boolean> {
    const { id, clientId, scope, capabilities, name, expiresAt, renewal } = session;
    return changing(this.em, async (em) => {
      if ((await em.count(ClientRow, { id: clientId, leavingAt: null })) === 0) return false;
      const after = {
        scope,
        capabilities: [...capabilities],
        name,
        expiresAt: new Date(expiresAt).toISOString(),
        ...(renewal === null ? {} : { renewableUntil: new Date(renewal.until).toISOString() }),
      };
      const change = { action: 'portal_session.opened', objectKind: 'portal_session', objectId: id, clientId } as const;
      await appendAudit(em, { ...change, before: null, after }, actor, now);
      return true;
    });
  }

  /** Unix milliseconds, by the clock by which {@link endAll} ends sessions: to be their time of issue. */
  async time(): Promise<number> {
    const [row] = await readerOf(this.em)<{ at: number }>(
      'select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as at',
    );
    if (row === undefined) throw new Error('PostgreSQL did not answer what time it is');
    return row.at;
  }

  /** Every session of the client that was opened up to now is over. False when there is no such client. */
  async endAll(clientId: string, actor: Actor, now: Date): Promise<boolean> {
    return changing(this.em, async (em) => {
      const [client] = await runIn(em)<{ after: string }>(
        `update client set portal_sessions_after = date_trunc('milliseconds', clock_timestamp()) where id = $1
         returning to_char(portal_sessions_after at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as after`,
        [clientId],
      );
      if (client === undefined) return false;
      const change = { action: 'portal_sessions.ended', objectKind: 'client', objectId: clientId, clientId } as const;
      await appendAudit(em, { ...change, before: {}, after: { portalSessionsAfter: client.after } }, actor, now);
      return true;
    });
  }

  /** That one is over. False when this client has no such session, or it is over already. */
  async end(id: string, clientId: string, actor: Actor, now: Date): Promise<boolean> {
    return changing(this.em, async (em) => {
      // That it was opened is in the audit log, until when it lasts too: no list of sessions is kept beside.
      const ended = await runIn(em)(
        `insert into ended_portal_session (id, expires_at)
         select object_id, ${endOfEntry} from audit_entry
         where object_kind = 'portal_session' and object_id = $1 and client_id = $2
           and action = 'portal_session.opened' and ${endOfEntry} > $3
         on conflict do nothing returning id`,
        [id, clientId, now],
      );
      if (ended.length === 0) return false;
      await appendAudit(em, { ...endOf(id, clientId), before: {}, after: null }, actor, now);
      return true;
    });
  }

  /** That one is over, by its own word: whoever has its token need not have it looked up. */
  async endOwn(session: PortalSession, actor: Actor, now: Date): Promise<void> {
    const { id, clientId } = session;
    await changing(this.em, async (em) => {
      const ended = await runIn(em)(
        'insert into ended_portal_session (id, expires_at) values ($1, $2) on conflict do nothing returning id',
        [id, new Date(lastsUntil(session))],
      );
      if (ended.length > 0) await appendAudit(em, { ...endOf(id, clientId), before: {}, after: null }, actor, now);
    });
  }

  /** Whether a session of this client that was opened then (Unix milliseconds) may still be in force. */
  async standing({ id, clientId, issuedAt, openedBy }: PortalSession): Promise<'open' | 'suspended' | 'over'> {
    const [found] = await readerOf(this.em)<{ isSuspended: boolean }>(
      `select suspended_at is not null as "isSuspended" from client where id = $1 and leaving_at is null and (portal_sessions_after is null or portal_sessions_after < $2)
       and not exists (select 1 from ended_portal_session where id = $3)
       and ($4::text is null or exists (select 1 from api_key where id = $4 and ${keyInForce}))`,
      [clientId, new Date(issuedAt), id, openedBy],
    );
    if (found === undefined) return 'over';
    return found.isSuspended ? 'suspended' : 'open';
  }
}

/** Until when a session may last that an entry says was opened. */
const endOfEntry = `coalesce(after ->> 'renewableUntil', after ->> 'expiresAt')::timestamptz`;

function endOf(objectId: string, clientId: string) {
  return { action: 'portal_session.ended', objectKind: 'portal_session', objectId, clientId } as const;
}
