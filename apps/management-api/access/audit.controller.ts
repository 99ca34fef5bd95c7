/** The audit log, and requests to replace personal data in it. */
import { randomBytes } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import * as contract from '../../../libs/api-contract/audit.ts';
import { objectId } from '../../../libs/domain/object-id.ts';
import { AuditErasureStore } from '../../../libs/postgres/access/audit-erasure-store.ts';
import { AuditStore } from '../../../libs/postgres/access/audit-store.ts';
import { ClientStore } from '../../../libs/postgres/webhooks/client-store.ts';
import type { InputOf } from './caller.ts';
import { pageAnswer, pageByNumber, pageByText } from '../http/paging.ts';
import { notFound } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { auditEntryResponse, erasureResponse } from '../responses.ts';
import { timeRangeOf } from '../http/time-range.ts';

@Controller()
export class AuditController {
  constructor(
    @Inject(AuditStore) private readonly audit: AuditStore,
    @Inject(AuditErasureStore) private readonly erasures: AuditErasureStore,
    @Inject(ClientStore) private readonly clients: ClientStore,
  ) {}

  @Route(contract.listAudit)
  async list(@Input() { query, scope }: InputOf<typeof contract.listAudit>) {
    const filter = { scope, ...query, ...timeRangeOf(query) };
    return pageAnswer(await this.audit.list(filter, pageByNumber(query)), auditEntryResponse);
  }

  @Route(contract.createErasure)
  async erase(@Input() { body, actor }: InputOf<typeof contract.createErasure>) {
    const { subject, clientId = null, reason = null } = body;
    if (clientId !== null && (await this.clients.find(clientId)) === null) throw notFound();
    const now = new Date();
    const id = objectId('erasure', now.getTime(), randomBytes(10));
    return erasureResponse(await this.erasures.create({ id, subject, clientId, reason }, actor, now));
  }

  @Route(contract.listErasures)
  async listErasures(@Input() { query }: InputOf<typeof contract.listErasures>) {
    return pageAnswer(await this.erasures.list(pageByText(query)), erasureResponse);
  }

  @Route(contract.getErasure)
  async readErasure(@Input() { params }: InputOf<typeof contract.getErasure>) {
    const erasure = await this.erasures.find(params.id);
    if (erasure === null) throw notFound();
    return erasureResponse(erasure);
  }
}
