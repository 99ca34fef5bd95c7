/**
 * What an operator wants to know of the whole system. In: Kafka and the database. Out: one report, kept for some seconds for all who
 * ask. Holds: it is made once at a time, on connections of its own, each part within a deadline; what does not answer is null, a
 * finding says so, and the other parts are there.
 */
import { ok, trouble, inOrder, type Area, type Finding } from '../../../libs/domain/system/finding.ts';
import {
  judgeDaysAhead,
  judgeGroup,
  judgeIndexes,
  judgeOutbox,
  judgeSweeps,
  judgeUnseen,
} from '../../../libs/domain/system/judgements.ts';
import { within } from '../../../libs/kafka/within.ts';
import type { DatabaseDiagnosis } from '../../../libs/postgres/server/diagnosis.ts';
import type { Backlog } from '../../../libs/postgres/history/backlog-view.ts';
import { KeptAnswer } from '../../../libs/runtime/kept-answer.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import type { AppLag } from './system-lag.ts';

export interface SystemReport {
  /** Unix milliseconds. */
  readonly at: number;
  readonly lag: readonly AppLag[] | null;
  readonly outbox: { readonly count: number; readonly oldestAt: number | null } | null;
  readonly backlog: Backlog | null;
  /** Days after today for which the history has partitions. */
  readonly partitionDaysAhead: number | null;
  readonly postgresVersion: string | null;
  readonly brokers: number | null;
  readonly findings: readonly Finding[];
}

/** How the system is asked. Each may reject. */
export interface SystemSources {
  readonly kafka: () => Promise<{ readonly lag: readonly AppLag[]; readonly brokers: number }>;
  readonly database: Pick<DatabaseDiagnosis, 'backlog' | 'outbox' | 'version' | 'sweeps' | 'unfinishedIndexes'>;
  readonly logger: Logger;
  readonly now: () => number;
  /** WEBHOOKS_ENABLED. */
  readonly isSending: boolean;
  /** Longest wait for a part, in milliseconds. Default: {@link partMsMax} */
  readonly partMsMax?: number;
}

const keptMs = 10_000;
const partMsMax = 8_000;

export class SystemReports {
  private readonly sources: SystemSources;
  private readonly kept: KeptAnswer<SystemReport>;

  constructor(sources: SystemSources) {
    this.sources = sources;
    this.kept = new KeptAnswer(() => this.report(), keptMs);
  }

  get(): Promise<SystemReport> {
    return this.kept.get();
  }

  private async report(): Promise<SystemReport> {
    const { kafka, database, now, isSending } = this.sources;
    const findings: Finding[] = [];
    const asked = <T>(area: Area, what: string, part: () => Promise<T>) => this.part(findings, area, what, part);
    const [cluster, outbox, backlog, daysAhead, version] = await Promise.all([
      asked('kafka', 'Kafka', kafka),
      asked('database', 'The outbox', async () => ({
        count: await database.outbox.count(),
        oldestAt: await database.outbox.oldestAt(),
      })),
      asked('database', 'What waits', () => database.backlog.read()),
      asked('database', 'The partitions', () => database.backlog.daysAhead(now())),
      asked('database', 'PostgreSQL', () => database.version()),
    ]);
    // Behind each other: there are few connections.
    const sweeps = await asked('database', 'Housekeeping', () => database.sweeps());
    const indexes = await asked('database', 'The indexes', () => database.unfinishedIndexes());
    const at = now();
    if (cluster !== null)
      findings.push(ok('kafka', `${cluster.brokers} brokers answer`), ...judgeLag(cluster.lag, isSending));
    if (version !== null) findings.push(ok('database', `PostgreSQL ${version} answers`));
    if (daysAhead !== null) findings.push(...judgeDaysAhead(daysAhead));
    if (outbox !== null) findings.push(...judgeOutbox(outbox.oldestAt === null ? null : at - outbox.oldestAt));
    if (sweeps !== null) findings.push(...judgeSweeps(sweeps));
    if (indexes !== null) findings.push(...judgeIndexes(indexes));
    return {
      at,
      lag: cluster?.lag ?? null,
      outbox,
      backlog,
      partitionDaysAhead: daysAhead,
      postgresVersion: version,
      brokers: cluster?.brokers ?? null,
      findings: inOrder(findings),
    };
  }

  /** What others say of an error is for the log. */
  private async part<T>(findings: Finding[], area: Area, what: string, ask: () => Promise<T>): Promise<T | null> {
    const { logger, partMsMax: limitMs = partMsMax } = this.sources;
    const answer = ask();
    try {
      if (await within(limitMs, answer)) return await answer;
      findings.push(
        trouble(area, 'warning', `${what}: no answer in ${limitMs / 1_000} s`, `look at the log of management-api`),
      );
    } catch (error) {
      logger.warn({ what, ...errorFields(error) }, 'a part of the system could not be asked');
      findings.push(trouble(area, 'error', `${what}: cannot be asked`, 'see why in the log of management-api'));
    }
    answer.catch(() => undefined);
    return null;
  }
}

function judgeLag(lag: readonly AppLag[], isSending: boolean): readonly Finding[] {
  return lag.flatMap(({ app, members, topics, isComplete }) => {
    const behind = topics.filter(({ isWaitingPlace }) => !isWaitingPlace).reduce((sum, topic) => sum + topic.lag, 0);
    const group = { app, members, lag: behind, isSwitchedOff: app === 'dispatcher' && !isSending };
    return isComplete
      ? [judgeGroup(group)]
      : [judgeGroup({ ...group, where: "on the system's own cluster" }), judgeUnseen(app)];
  });
}
