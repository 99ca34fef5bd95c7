/** Tells log, metrics and traces of events that are written. */
import { recordAgeMs } from '../../libs/domain/event/record-time.ts';
import type { RejectionReason } from '../../libs/domain/event/rejection.ts';
import { sampledTraceIds } from '../../libs/domain/event/traceparent.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { HandledEvent } from './handled-event.ts';
import type { FanoutMetrics } from './fanout-metrics.ts';
import type { SliceEvent } from './slice.ts';

const traceIdsMax = 16;
/** Webhooks that a line names. */
const namedMax = 10;

export interface FanOutReportOptions {
  readonly metrics: FanoutMetrics;
  readonly logger: Logger;
  readonly now: () => number;
}

export class FanOutReport {
  private readonly options: FanOutReportOptions;

  constructor(options: FanOutReportOptions) {
    this.options = options;
  }

  written(events: readonly SliceEvent[]): void {
    const { logger, metrics, now } = this.options;
    if (events.length === 0) return;
    const nowMs = now();
    const tally = new Tally();
    let ageMs = 0;
    for (const event of events) {
      const { handled, isLast, source } = event;
      tally.add(handled, isLast);
      if (!isLast) continue;
      handled.span?.end({ 'webhook.deliveries': handled.deliveriesSoFar }, handled.rejection?.reason ?? null);
      if (handled.defect !== null) this.defect(event);
      const waitedMs = recordAgeMs(source.record.timestampMs, nowMs);
      metrics.acknowledged(waitedMs);
      ageMs = Math.max(ageMs, waitedMs);
    }
    this.count(tally);
    const traceIds = sampledTraceIds(
      events.map(({ handled }) => handled),
      traceIdsMax,
    );
    const line = {
      events: events.filter(({ isLast }) => isLast).length,
      deliveries: tally.deliveries,
      ageMs,
      rejected: Object.fromEntries(tally.rejected),
      misfits: Object.fromEntries(tally.misfits),
      ...(tally.tombstones === 0 ? {} : { tombstones: tally.tombstones }),
      ...(tally.skipped === 0 ? {} : { skipped: tally.skipped }),
      ...(tally.filtersOverBudget === 0
        ? {}
        : { filtersOverBudget: tally.filtersOverBudget, webhookIds: tally.overBudget }),
      ...(traceIds.length === 0 ? {} : { traceIds }),
    };
    if (tally.rejected.size + tally.misfits.size + tally.filtersOverBudget === 0)
      logger.info(line, 'events fanned out');
    else logger.warn(line, 'events fanned out, some with problems');
  }

  private count(tally: Tally): void {
    const { metrics } = this.options;
    for (const [type, { events, deliveries }] of tally.accepted) metrics.eventsAccepted(type, events, deliveries);
    for (const [reason, count] of tally.rejected) metrics.eventsRejected(reason, count);
    for (const [type, { count }] of tally.misfits) metrics.schemaWarned(type, count);
    for (const [type, count] of tally.deprecated) metrics.deprecatedSeen(type, count);
    for (const [type, count] of tally.schemasOverBudget) metrics.schemaOverBudget(type, count);
    for (const [type, count] of tally.timesUnread) metrics.timeUnread(type, count);
    for (const [type, count] of tally.copies) metrics.copySeen(type, count);
    if (tally.tombstones > 0) metrics.tombstonesSkipped(tally.tombstones);
    if (tally.skipped > 0) metrics.recordsLeftOut(tally.skipped);
    if (tally.filtersOverBudget > 0) metrics.filtersOverBudget(tally.filtersOverBudget);
  }

  private defect({ source: { record }, handled: { defect } }: SliceEvent): void {
    const { topic, partition, offset } = record;
    this.options.logger.error({ topic, partition, offset, ...errorFields(defect) }, 'event rejected by a defect');
  }
}

/** Sums over a slice: metrics are asked for once per label, not once per event. */
class Tally {
  readonly accepted = new Map<string, { events: number; deliveries: number }>();
  readonly rejected = new Map<RejectionReason, number>();
  readonly misfits = new Map<string, { count: number; example: string }>();
  readonly deprecated = new Map<string, number>();
  readonly schemasOverBudget = new Map<string, number>();
  readonly timesUnread = new Map<string, number>();
  readonly copies = new Map<string, number>();
  deliveries = 0;
  filtersOverBudget = 0;
  tombstones = 0;
  skipped = 0;
  /** Some of their webhooks, for the log. */
  readonly overBudget: string[] = [];

  add(handled: HandledEvent, isWhole: boolean): void {
    const { rejection, eventType, deliveries, schemaWarning, isDeprecated, filtersOverBudget } = handled;
    if (handled.isSchemaOverBudget) {
      this.schemasOverBudget.set(eventType ?? '', (this.schemasOverBudget.get(eventType ?? '') ?? 0) + 1);
    }
    if (handled.nothingOf !== null) {
      if (handled.nothingOf === 'tombstone') this.tombstones += 1;
      else this.skipped += 1;
      return;
    }
    if (rejection !== null) {
      this.rejected.set(rejection.reason, (this.rejected.get(rejection.reason) ?? 0) + 1);
      return;
    }
    this.deliveries += deliveries;
    this.filtersOverBudget += filtersOverBudget.length;
    this.overBudget.push(...filtersOverBudget.slice(0, namedMax - this.overBudget.length));
    const type = eventType ?? '';
    const sum = this.accepted.get(type) ?? { events: 0, deliveries: 0 };
    this.accepted.set(type, { events: sum.events + (isWhole ? 1 : 0), deliveries: sum.deliveries + deliveries });
    if (!isWhole) return;
    if (handled.isTimeUnread) this.timesUnread.set(type, (this.timesUnread.get(type) ?? 0) + 1);
    if (handled.isCopy) this.copies.set(type, (this.copies.get(type) ?? 0) + 1);
    if (isDeprecated) this.deprecated.set(type, (this.deprecated.get(type) ?? 0) + 1);
    if (schemaWarning === null) return;
    this.misfits.set(type, { count: (this.misfits.get(type)?.count ?? 0) + 1, example: schemaWarning });
  }
}
