/** The audit log. */
import { Controller, Inject } from '@nestjs/common';
import { listAudit } from '../../libs/api-contract/audit.ts';
import { AuditStore } from '../../libs/postgres/audit-store.ts';
import type { InputOf } from './caller.ts';
import { pageAnswer, pageByNumber } from './paging.ts';
import { Input, Route } from './route.ts';
import { shownAuditEntry } from './shown.ts';
import { timeRangeOf } from './time-range.ts';

@Controller()
export class AuditController {
  constructor(@Inject(AuditStore) private readonly audit: AuditStore) {}

  @Route(listAudit)
  async list(@Input() { query, scope }: InputOf<typeof listAudit>) {
    const filter = { scope, ...query, ...timeRangeOf(query) };
    return pageAnswer(await this.audit.list(filter, pageByNumber(query)), shownAuditEntry);
  }
}
