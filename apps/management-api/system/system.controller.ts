/** How the whole system is, for operators. */
import { Controller, Inject } from '@nestjs/common';
import { getSystem } from '../../../libs/api-contract/system.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';
import { Route } from '../http/route.ts';
import { timeOrNull } from '../responses.ts';
import { worstOf } from '../../../libs/domain/system/finding.ts';
import { SystemReports } from './system-report.ts';

@Controller()
export class SystemController {
  constructor(@Inject(SystemReports) private readonly reports: SystemReports) {}

  @Route(getSystem)
  async read() {
    const { at, lag, outbox, backlog, findings, partitionDaysAhead, postgresVersion, brokers } =
      await this.reports.get();
    return {
      at: new Date(at).toISOString(),
      state: worstOf(findings),
      versions: { product: productVersion, node: process.versions.node, postgres: postgresVersion },
      brokers,
      lag: lag?.map((one) => ({ ...one, topics: [...one.topics] })) ?? null,
      outbox: outbox === null ? null : { count: outbox.count, oldestAt: timeOrNull(outbox.oldestAt) },
      backlog:
        backlog === null
          ? null
          : {
              pending: backlog.pending,
              retrying: backlog.retrying,
              oldestAt: timeOrNull(backlog.oldestCreatedAt),
              earliestDueAt: timeOrNull(backlog.earliestDueAt),
            },
      partitionDaysAhead,
      findings: findings.map((finding) => ({ ...finding })),
    };
  }
}
