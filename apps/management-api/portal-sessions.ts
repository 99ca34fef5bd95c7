/** Portal sessions: made and read here, so that one place knows what a token is worth. */
import { randomBytes } from 'node:crypto';
import type { Actor } from '../../libs/domain/actor.ts';
import { objectId } from '../../libs/domain/object-id.ts';
import { portalToken, readPortalToken, type PortalKeys, type PortalSession } from '../../libs/domain/portal-session.ts';
import type { PortalStore } from '../../libs/postgres/portal-store.ts';
import type { Caller } from './caller.ts';

/** Names what the keys are derived for: another purpose has other keys. */
export const portalKeyPurpose = 'deeperhub-webhooks portal session';

export type WantedSession = Pick<PortalSession, 'clientId' | 'scope' | 'name'> & { readonly lifeMs: number };

export class PortalSessions {
  private readonly store: PortalStore;
  private readonly keys: PortalKeys;

  constructor(store: PortalStore, keys: PortalKeys) {
    this.store = store;
    this.keys = keys;
  }

  /** Null when there is no such client. */
  async open({ lifeMs, ...wanted }: WantedSession, actor: Actor, now: number) {
    const id = objectId('portalSession', now, randomBytes(10));
    // By the clock by which sessions are ended: of two processes one may be ahead.
    const issuedAt = await this.store.time();
    const session: PortalSession = { ...wanted, id, issuedAt, expiresAt: now + lifeMs };
    if (!(await this.store.open(session, actor, new Date(now)))) return null;
    return { session, token: portalToken(session, this.keys) };
  }

  endAll(clientId: string, actor: Actor, now: number): Promise<boolean> {
    return this.store.endAll(clientId, actor, new Date(now));
  }

  end(id: string, clientId: string, actor: Actor, now: number): Promise<boolean> {
    return this.store.end(id, clientId, actor, new Date(now));
  }

  /** Null when the token is none that was made here, or its time is over. */
  read(token: string, now: number): PortalSession | null {
    return readPortalToken(token, this.keys, now);
  }

  /** Null when the session was ended, alone or with all of its client. */
  async callerOf(session: PortalSession): Promise<Caller | null> {
    if (!(await this.store.isOpen(session))) return null;
    const { id, name, clientId, scope, expiresAt } = session;
    return { kind: 'portal', keyId: id, name, role: 'client', clientId, scope, expiresAt };
  }
}
