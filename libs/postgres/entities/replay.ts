/** A bulk resend as a job. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { ReplayFilter, ReplayStatus } from '../../domain/delivery/replay.ts';

export const ReplayRow = defineEntity({
  name: 'Replay',
  tableName: 'replay',
  properties: {
    id: p.text().primary(),
    clientId: p.text(),
    webhookId: p.text().nullable(),
    /** That gets what is sent; null: each delivery goes where it went. */
    targetWebhookId: p.text().nullable(),
    filter: p.json<ReplayFilter>(),
    status: p.text().$type<ReplayStatus>(),
    /** Counted, and nothing sent. */
    isDryRun: p.boolean(),
    /** Of a rewind: the rest of the history is not sent, what came meanwhile is. */
    isCutShort: p.boolean().default(false),
    pacePerSecond: p.integer().nullable(),
    /** Deliveries that the filter named when the job began; null before. */
    total: p.integer().nullable(),
    /** Deliveries that were sent. */
    done: p.integer(),
    /** Deliveries that could not be sent, or are not to be any more. */
    skipped: p.integer(),
    /** How far it is: where a restart goes on (libs/domain/delivery/replay.ts). */
    position: p.text().nullable(),
    nextBatchAt: p.datetime().nullable(),
    /** The process that has a batch of it under way or in doubt, and until when unless it says so again. */
    batchOwner: p.text().nullable(),
    batchUntil: p.datetime().nullable(),
    error: p.text().nullable(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    startedAt: p.datetime().nullable(),
    finishedAt: p.datetime().nullable(),
  },
});
export type ReplayRow = InferEntity<typeof ReplayRow>;
