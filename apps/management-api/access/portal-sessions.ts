/** Portal sessions: made and read here, so that one place knows what a token is worth. */
import { randomBytes } from 'node:crypto';
import type { Actor } from '../../../libs/domain/access/actor.ts';
import { capabilitiesOfScope, commonCapabilities } from '../../../libs/domain/access/capabilities.ts';
import { objectId } from '../../../libs/domain/object-id.ts';
import {
  portalToken,
  readPortalToken,
  renewedSession,
  type PortalKeys,
  type PortalSession,
} from '../../../libs/domain/access/portal-session.ts';
import type { PortalStore } from '../../../libs/postgres/access/portal-store.ts';
import type { Caller } from './caller.ts';

/** Names what the keys are derived for: another purpose has other keys. */
export const portalKeyPurpose = 'deeperhub-webhooks portal session';

export interface WantedSession extends Pick<
  PortalSession,
  'clientId' | 'scope' | 'capabilities' | 'name' | 'openedBy' | 'grantedUntil'
> {
  readonly lifeMs: number;
  /** Null: it is not renewed. */
  readonly renewableForMs: number | null;
}

export interface OpenedSession {
  readonly session: PortalSession;
  readonly token: string;
}

export class PortalSessions {
  private readonly store: PortalStore;
  private readonly keys: PortalKeys;

  constructor(store: PortalStore, keys: PortalKeys) {
    this.store = store;
    this.keys = keys;
  }

  /** Null when there is no such client. */
  async open(
    { lifeMs, renewableForMs, ...wanted }: WantedSession,
    actor: Actor,
    now: number,
  ): Promise<OpenedSession | null> {
    const id = objectId('portalSession', now, randomBytes(10));
    // By the clock by which sessions are ended: of two processes one may be ahead.
    const issuedAt = await this.store.time();
    // A session outlives the key that opened it in nothing: nor does its renewal.
    const end = (ms: number) => Math.min(now + ms, wanted.grantedUntil ?? Infinity);
    const expiresAt = end(lifeMs);
    const renewal = renewableForMs === null ? null : { lifeMs, until: Math.max(expiresAt, end(renewableForMs)) };
    const session: PortalSession = { ...wanted, id, issuedAt, expiresAt, renewal };
    if (!(await this.store.open(session, actor, new Date(now)))) return null;
    return { session, token: portalToken(session, this.keys) };
  }

  /** Null: it was not opened to be renewed. */
  renew(session: PortalSession, now: number): OpenedSession | null {
    const renewed = renewedSession(session, now);
    return renewed === null ? null : { session: renewed, token: portalToken(renewed, this.keys) };
  }

  endOwn(session: PortalSession, actor: Actor, now: number): Promise<void> {
    return this.store.endOwn(session, actor, new Date(now));
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

  /** Null when the session was ended, alone or with all of its client. While that is suspended it only looks. */
  async callerOf(session: PortalSession): Promise<Caller | null> {
    const standing = await this.store.standing(session);
    if (standing === 'over') return null;
    const { id, name, clientId, expiresAt, grantedUntil } = session;
    const held = session.capabilities;
    const capabilities = standing === 'suspended' ? commonCapabilities(held, capabilitiesOfScope.view) : held;
    const caller = { kind: 'portal', keyId: id, name, role: 'client', clientId, capabilities } as const;
    return { ...caller, expiresAt, grantedUntil, session };
  }
}
