/** Portal sessions, and who calls. */
import { Controller, Inject } from '@nestjs/common';
import {
  createOwnSession,
  createPortalSession,
  endOwnSession,
  endPortalSession,
  endPortalSessions,
  getCaller,
  renewSession,
} from '../../../libs/api-contract/portal-sessions.ts';
import { capabilities, scopeOfCapabilities } from '../../../libs/domain/access/capabilities.ts';
import type { PortalSession } from '../../../libs/domain/access/portal-session.ts';
import type { Caller, InputOf } from './caller.ts';
import { grantedCapabilities, type WantedCapabilities } from './granted.ts';
import { PortalSessions, type OpenedSession, type WantedSession } from './portal-sessions.ts';
import { notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { timeOrNull } from '../responses.ts';

const minuteMs = 60_000;
const minutesDefault = 60;

@Controller()
export class PortalSessionsController {
  constructor(@Inject(PortalSessions) private readonly sessions: PortalSessions) {}

  @Route(createPortalSession)
  async create(@Input() { params, body, actor, caller }: InputOf<typeof createPortalSession>) {
    const wanted = { ...wantedSession(body, caller), clientId: params.id, openedBy: null, grantedUntil: null };
    const opened = await this.sessions.open(wanted, actor, Date.now());
    if (opened === null) throw notFound();
    return sessionResponse(opened);
  }

  @Route(createOwnSession)
  async createOwn(@Input() { body, actor, caller }: InputOf<typeof createOwnSession>) {
    const { kind, clientId, keyId: openedBy, grantedUntil } = caller;
    if (kind === 'portal') throw new ProblemError('forbidden', 'A portal session cannot open another one.');
    if (clientId === null) throw new ProblemError('forbidden', 'This key does not belong to a client.');
    const wanted = { ...wantedSession(body, caller), clientId, openedBy, grantedUntil };
    const opened = await this.sessions.open(wanted, actor, Date.now());
    if (opened === null) throw notFound();
    return sessionResponse(opened);
  }

  @Route(renewSession)
  renew(@Input() { caller }: InputOf<typeof renewSession>) {
    const renewed = this.sessions.renew(sessionOf(caller), Date.now());
    if (renewed === null) throw new ProblemError('forbidden', 'This portal session cannot be renewed.');
    return sessionResponse(renewed);
  }

  @Route(endOwnSession)
  endOwn(@Input() { caller, actor }: InputOf<typeof endOwnSession>) {
    return this.sessions.endOwn(sessionOf(caller), actor, Date.now());
  }

  @Route(endPortalSession)
  async end(@Input() { params, actor }: InputOf<typeof endPortalSession>) {
    if (!(await this.sessions.end(params.sessionId, params.id, actor, Date.now()))) throw notFound();
  }

  @Route(endPortalSessions)
  async endAll(@Input() { params, actor }: InputOf<typeof endPortalSessions>) {
    if (!(await this.sessions.endAll(params.id, actor, Date.now()))) throw notFound();
  }

  @Route(getCaller)
  caller(@Input() { caller }: InputOf<typeof getCaller>) {
    const { kind, keyId: id, name, role, clientId, capabilities: held, expiresAt, session } = caller;
    // What publishes is no question of looking: its keys are shown as they were.
    const scope = role === 'publisher' ? 'manage' : scopeOfCapabilities(held);
    const renewableUntil = timeOrNull(session?.renewal?.until ?? null);
    const until = { expiresAt: timeOrNull(expiresAt), renewableUntil };
    return { kind, id, name, role, clientId, scope, capabilities: [...held], ...until };
  }
}

interface SessionBody extends WantedCapabilities {
  readonly name?: string | undefined;
  readonly expiresInMinutes?: number | undefined;
  readonly renewableForMinutes?: number | undefined;
}

/** @throws ProblemError validation_failed */
function wantedSession(
  body: SessionBody,
  caller: Caller,
): Omit<WantedSession, 'clientId' | 'openedBy' | 'grantedUntil'> {
  const { name = null, expiresInMinutes = minutesDefault, renewableForMinutes } = body;
  const granted = grantedCapabilities(body, caller, capabilities);
  return {
    // Of what it was granted: a process of a version before goes by it alone.
    scope: scopeOfCapabilities(granted),
    capabilities: granted,
    name,
    lifeMs: expiresInMinutes * minuteMs,
    renewableForMs: renewableForMinutes === undefined ? null : renewableForMinutes * minuteMs,
  };
}

/** @throws ProblemError forbidden */
function sessionOf({ session }: Caller): PortalSession {
  if (session === null) throw new ProblemError('forbidden', 'This is no portal session.');
  return session;
}

function sessionResponse({ session, token }: OpenedSession) {
  const { id, clientId, scope, capabilities: held, name, issuedAt, expiresAt, renewal } = session;
  return {
    id,
    clientId,
    scope,
    capabilities: [...held],
    name,
    token,
    createdAt: new Date(issuedAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    renewableUntil: timeOrNull(renewal?.until ?? null),
  };
}
