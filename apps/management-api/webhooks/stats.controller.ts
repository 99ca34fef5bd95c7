/** Counts of attempts for charts. */
import { Controller, Inject } from '@nestjs/common';
import { roundedRate } from '../../../libs/domain/health/rounded-rate.ts';
import { getStats, statsBuckets, statsCellsMax } from '../../../libs/api-contract/stats.ts';
import {
  addCounts,
  latencyPercentiles,
  noAttempts,
  type AttemptCounts,
} from '../../../libs/domain/delivery/delivery-stats.ts';
import { StatsView, type StatsStep } from '../../../libs/postgres/history/stats-view.ts';
import type { InputOf } from '../access/caller.ts';
import { invalid } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';

const stepsDefault = 24;
/** The last day of the year 9999. */
const timeMsMax = Date.UTC(9999, 11, 31);

@Controller()
export class StatsController {
  constructor(@Inject(StatsView) private readonly stats: StatsView) {}

  @Route(getStats)
  async read(@Input() { query, scope }: InputOf<typeof getStats>) {
    const { bucket = '1h', clientId, groupBy } = query;
    const { stepMs } = statsBuckets[bucket];
    const { from, to } = rangeOf(query, Date.now());
    const webhookIds = query.webhookId === undefined ? undefined : [...new Set([query.webhookId].flat())];
    const isByWebhook = groupBy === 'webhook';
    if (isByWebhook) judgeGroups(webhookIds ?? [], (to - from) / stepMs);
    const filter = { scope, clientId, webhookIds, isByWebhook, from: new Date(from), to: new Date(to), stepMs };
    const found = await this.stats.steps(filter);
    const starts = Array.from({ length: (to - from) / stepMs }, (_, index) => from + index * stepMs);
    const times = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), bucket };
    if (!isByWebhook) return { ...times, ...shownSteps(starts, found) };
    const byWebhook = Map.groupBy(found, (step) => step.webhookId);
    const groups = (webhookIds ?? []).map((id) => ({ webhookId: id, ...shownSteps(starts, byWebhook.get(id) ?? []) }));
    return { ...times, ...shownSteps(starts, found), groups };
  }
}

function shownSteps(starts: readonly number[], found: readonly StatsStep[]) {
  const byStart = new Map<number, AttemptCounts>();
  for (const step of found) {
    const at = step.start.getTime();
    byStart.set(at, addCounts(byStart.get(at) ?? noAttempts, step));
  }
  return {
    totals: countsResponse(found.reduce<AttemptCounts>(addCounts, noAttempts)),
    data: starts.map((start) => ({
      start: new Date(start).toISOString(),
      ...countsResponse(byStart.get(start) ?? noAttempts),
    })),
  };
}

/** @throws ProblemError for more than one answer should have */
function judgeGroups(webhookIds: readonly string[], buckets: number): void {
  if (webhookIds.length === 0) {
    throw invalid([{ path: '/webhookId', rule: 'required', message: 'With groupBy=webhook, name the webhooks.' }]);
  }
  if (webhookIds.length * buckets > statsCellsMax) {
    const message = `${webhookIds.length} webhooks with ${buckets} buckets each are more than ${statsCellsMax} buckets.`;
    throw invalid([{ path: '/groupBy', rule: 'range', message }]);
  }
}

/** Whole buckets. @throws ProblemError */
function rangeOf({ bucket = '1h', ...query }: InputOf<typeof getStats>['query'], now: number) {
  const { stepMs, reachMs } = statsBuckets[bucket];
  const to = Math.ceil((query.to === undefined ? now + 1 : Date.parse(query.to)) / stepMs) * stepMs;
  const from =
    query.from === undefined ? to - stepsDefault * stepMs : Math.floor(Date.parse(query.from) / stepMs) * stepMs;
  if (from < 0 || to > timeMsMax) {
    throw invalid([{ path: from < 0 ? '/from' : '/to', rule: 'range', message: 'No event can have this time.' }]);
  }
  if (from >= to) throw invalid([{ path: '/to', rule: 'range', message: 'It has to be later than from.' }]);
  if (to - from > reachMs) {
    const message = `With buckets of ${bucket} a request reaches ${reachMs / 86_400_000} days at most.`;
    throw invalid([{ path: '/from', rule: 'range', message }]);
  }
  return { from, to };
}

function countsResponse({ delivered, failedRetryable, failedPermanent, latencies, oursMs, theirsMs }: AttemptCounts) {
  const attempts = delivered + failedRetryable + failedPermanent;
  return {
    attempts,
    delivered,
    failedRetryable,
    failedPermanent,
    successRate: roundedRate(attempts === 0 ? null : delivered / attempts),
    latencyMs: latencyPercentiles(latencies),
    timeMs: oursMs === 0 && theirsMs === 0 ? null : { ours: oursMs, theirs: theirsMs },
  };
}
