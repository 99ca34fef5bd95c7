/** A bulk resend as a job. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export type ReplayStatus = 'pending' | 'running' | 'finished' | 'cancelled' | 'failed';

export const ReplayRow = defineEntity({
  name: 'Replay',
  tableName: 'replay',
  properties: {
    id: p.text().primary(),
    clientId: p.text(),
    webhookId: p.text().nullable(),
    filter: p.json<Record<string, unknown>>(),
    status: p.text().$type<ReplayStatus>(),
    pacePerSecond: p.integer().nullable(),
    /** Deliveries that the filter named when the job began; null before. */
    total: p.integer().nullable(),
    done: p.integer(),
    /** The last delivery that was resent: where a restart goes on. */
    position: p.text().nullable(),
    error: p.text().nullable(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    startedAt: p.datetime().nullable(),
    finishedAt: p.datetime().nullable(),
  },
});
export type ReplayRow = InferEntity<typeof ReplayRow>;
