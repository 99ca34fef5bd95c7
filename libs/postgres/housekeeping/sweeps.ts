/** What housekeeping does, each on its own: what a step is, and how much time a transaction of it has. */
import { eraseStep } from '../access/audit-erasure.ts';
import type { Run } from '../bulk.ts';
import type { TransactionLimits } from '../limits.ts';
import { deleteExpired, expiredRowsMax } from './default-partition.ts';
import { partitionedTables } from './partition-days.ts';
import { dropPartition, makePartition, partitionDaysAhead, partitionLimits } from './partitions.ts';
import { clientHistoryStep, typeHistoryStep } from './own-retention.ts';
import { deleteOldest, deleteOver, deletePageByPage } from './row-deletions.ts';
import type { Moments, Sweep, SweepStep } from './sweep-step.ts';
import { compactedRowsMax, compactStats } from './stats-compaction.ts';
import { dayMs } from '../../domain/day.ts';

/** What was told is told; kept so long for whoever asks what became of it. */
const sentMailDays = 7;
/** A mail about something that long ago helps nobody. */
const unsentMailDays = 1;

export const rowKinds = [
  'idempotencyKeys',
  'publishedEvents',
  'stats',
  'hourlyStats',
  'secrets',
  'portalSessions',
  'replays',
  'health',
  'pings',
  'sentMails',
  'unsentMails',
  'auditEntries',
  'rejectedEvents',
  'eventErasures',
  'leftClients',
  'clientHistory',
  'typeHistory',
  'heldEvents',
] as const;
export type RowKind = (typeof rowKinds)[number];

/** The last one may look through a large table: the others have had their turn. */
export const sweepNames = [
  'partitionsMade',
  'partitionsDropped',
  'lateRows',
  'statsCompacted',
  ...rowKinds,
  'auditErasures',
  'partitionsProven',
] as const;
export type SweepName = (typeof sweepNames)[number];

const rowLimits: TransactionLimits = { lockMs: 1_000, statementMs: 10_000 };

/** As many are kept, however fast they come: bad producers write without end. */
const rejectedEventsMax = 1_000_000;

/** Ids begin with the time in hexadecimal. */
const rejectedOver = `id < greatest(
  're_' || lpad(to_hex((extract(epoch from $1::timestamptz) * 1000)::bigint), 12, '0'),
  (select id from rejected_event order by id desc offset ${rejectedEventsMax} limit 1))`;

const rowDeletions: Readonly<Record<RowKind, Sweep['step']>> = {
  idempotencyKeys: deleteOver('idempotency_key', 'expires_at < $1', ({ now }) => now),
  publishedEvents: deleteOver('published_event', 'expires_at < $1', ({ now }) => now),
  stats: deleteOver('delivery_stats', 'bucket < $1', historyEnd),
  hourlyStats: deleteOver('delivery_stats_hour', 'bucket < $1', historyEnd),
  secrets: deleteOver('webhook_secret', 'expires_at < $1', ({ now }) => now),
  portalSessions: deleteOver('ended_portal_session', 'expires_at < $1', ({ now }) => now),
  // What a replay says it sent is in the history no longer.
  replays: deleteOver('replay', 'finished_at < $1', historyEnd),
  health: deletePageByPage('webhook_health', 'not exists (select 1 from webhook w where w.id = r.webhook_id)'),
  pings: deletePageByPage(
    'webhook_ping',
    `r.next_at < $2 and not exists (
      select 1 from webhook w where w.id = r.webhook_id and w.disabled_by in ('failures', 'gone', 'unverified'))`,
  ),
  sentMails: deleteOldest('notice_mail', { over: 'sent_at < $1', came: 'created_at' }, ({ now }) =>
    daysAgo(now, sentMailDays),
  ),
  // By the index of those that wait.
  unsentMails: deleteOver('notice_mail', 'sent_at is null and created_at < $1', ({ now }) =>
    daysAgo(now, unsentMailDays),
  ),
  auditEntries: auditStep,
  eventErasures: deleteOver('event_erasure', 'expires_at < $1', ({ now }) => now),
  // From then on the id is free.
  leftClients: deleteOver('client_leaving', 'finished_at is not null and expires_at < $1', ({ now }) => now),
  clientHistory: clientHistoryStep,
  typeHistory: typeHistoryStep,
  rejectedEvents: deleteOver('rejected_event', rejectedOver, historyEnd),
  // Their events are in the history no longer; also of webhooks that were deleted meanwhile.
  heldEvents: deleteOver('held_event', 'received_at < $1', historyEnd),
};

const auditEntriesOver = deleteOldest(
  'audit_entry',
  { over: 'at < $1', came: 'at' },
  ({ now, oldestAudit }) => oldestAudit ?? now,
);

async function auditStep(run: Run, moments: Moments, after: string): Promise<SweepStep> {
  if (moments.oldestAudit === null) return { rows: 0, progress: '', isDone: true };
  // The log takes no other deletion (migration 0140).
  await run("set local webhooks.audit_retention = 'on'");
  return auditEntriesOver(run, moments, after);
}

function daysAgo(now: Date, days: number): Date {
  return new Date(now.getTime() - days * dayMs);
}

/** To the second where history goes on to the present, by the day where it ends before. */
function historyEnd({ now, today, oldestKept, retentionDays }: Moments): Date {
  const oldest = oldestKept();
  return oldest === today - retentionDays * dayMs ? daysAgo(now, retentionDays) : new Date(oldest);
}

/** In the order in which they are begun; each has time of its own. */
export const sweeps: Readonly<Record<SweepName, Sweep>> = {
  partitionsMade: { limits: partitionLimits, step: tableByTable(makeStep(false)) },
  partitionsDropped: { limits: partitionLimits, step: tableByTable(dropStep) },
  // Those that the first one left, beside a default partition that is to be looked through before.
  partitionsProven: { limits: partitionLimits, step: tableByTable(makeStep(true)) },
  lateRows: { limits: rowLimits, step: tableByTable(lateStep) },
  statsCompacted: {
    limits: rowLimits,
    step: async (run, { now }) => {
      const rows = await compactStats(run, now);
      return { rows, progress: '', isDone: rows < compactedRowsMax };
    },
  },
  auditErasures: { limits: rowLimits, step: eraseStep },
  ...(Object.fromEntries(rowKinds.map((kind) => [kind, { limits: rowLimits, step: rowDeletions[kind] }])) as Record<
    RowKind,
    Sweep
  >),
};

type Table = (typeof partitionedTables)[number];
type TableStep = (run: Run, table: Table, moments: Moments) => Promise<Omit<SweepStep, 'progress'> | null>;

/** One table after the other; the progress is the table. */
function tableByTable(step: TableStep): Sweep['step'] {
  return async (run, moments, progress) => {
    const index = Math.max(0, partitionedTables.indexOf(progress as Table));
    const table = partitionedTables[index] ?? partitionedTables[0];
    const done = await step(run, table, moments);
    if (done === null) return null;
    const next = done.isDone ? partitionedTables[index + 1] : table;
    return { ...done, progress: next ?? '', isDone: next === undefined };
  };
}

function makeStep(isProving: boolean): TableStep {
  return async (run, table, { today, retentionDays }) => {
    const made = await makePartition(run, table, today, { daysAhead: partitionDaysAhead, retentionDays, isProving });
    if (made === null) return null;
    const created = made.name === null ? {} : { created: made.name };
    return { rows: made.movedRows, isDone: made.isOver, ...created };
  };
}

async function dropStep(run: Run, table: Table, { oldestKept }: Moments) {
  const dropped = await dropPartition(run, table, oldestKept());
  if (dropped === null) return null;
  return dropped.name === null ? { rows: 0, isDone: true } : { rows: 0, isDone: false, dropped: dropped.name };
}

async function lateStep(run: Run, table: Table, { oldestKept }: Moments) {
  const rows = await deleteExpired(run, table, oldestKept());
  return { rows, isDone: rows < expiredRowsMax };
}
