/** Portal sessions, and who calls. */
import { Controller, Inject } from '@nestjs/common';
import {
  createPortalSession,
  endPortalSession,
  endPortalSessions,
  getCaller,
} from '../../libs/api-contract/portal-sessions.ts';
import type { InputOf } from './caller.ts';
import { PortalSessions } from './portal-sessions.ts';
import { notFound } from './problem-error.ts';
import { Input, Route } from './route.ts';
import { timeOrNull } from './shown.ts';

const minuteMs = 60_000;
const minutesDefault = 60;

@Controller()
export class PortalSessionsController {
  constructor(@Inject(PortalSessions) private readonly sessions: PortalSessions) {}

  @Route(createPortalSession)
  async create(@Input() { params, body, actor }: InputOf<typeof createPortalSession>) {
    const { scope = 'manage', name = null, expiresInMinutes = minutesDefault } = body;
    const wanted = { clientId: params.id, scope, name, lifeMs: expiresInMinutes * minuteMs };
    const opened = await this.sessions.open(wanted, actor, Date.now());
    if (opened === null) throw notFound();
    const { session, token } = opened;
    const { issuedAt, expiresAt, ...shown } = session;
    return {
      ...shown,
      token,
      createdAt: new Date(issuedAt).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
    };
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
    const { keyId, expiresAt, ...shown } = caller;
    return { ...shown, id: keyId, expiresAt: timeOrNull(expiresAt) };
  }
}
