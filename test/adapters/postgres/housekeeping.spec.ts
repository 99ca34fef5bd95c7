import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dayMs } from '../../../libs/domain/day.ts';
import { firstObjectIdAt } from '../../../libs/domain/object-id.ts';
import { AuditErasureStore } from '../../../libs/postgres/access/audit-erasure-store.ts';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { keepHouse } from '../../../libs/postgres/housekeeping/housekeeping.ts';
import { ConsumerOffsetStore } from '../../../libs/postgres/consumer-offset-store.ts';
import { HistoryWriter } from '../../../libs/postgres/history/history-writer.ts';
import { SweepStore, sweepTimes } from '../../../libs/postgres/housekeeping/sweep-store.ts';
import { StatsView, type StatsFilter } from '../../../libs/postgres/history/stats-view.ts';
import { partitionsOf } from '../../../libs/postgres/housekeeping/partitions.ts';
import { sweepNames, sweeps, type SweepName } from '../../../libs/postgres/housekeeping/sweeps.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { deliveryIdOf } from '../../../libs/domain/ids.ts';
import { aDecision, anEvent, anOutcome } from './history-factory.ts';
import { storeWebhook } from './webhook-factory.ts';

const now = new Date('2026-03-10T12:00:00Z');
let database: TestDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database.close();
});

test('what has expired goes, what is in use stays, and a second run finds nothing', async () => {
  await storeWebhook(database.em, 'wh-1');
  await database.rows(`insert into webhook_secret (id, webhook_id, sealed, created_at, expires_at) values
    ('old', 'wh-1', 'x', '2026-03-01', '2026-03-10T11:59:59Z'), ('overlapping', 'wh-1', 'x', '2026-03-01', '2026-03-10T12:00:01Z')`);
  await database.rows(`insert into idempotency_key (owner, key, request_hash, created_at, expires_at) values
    ('key', 'old', 'x', '2026-03-01', '2026-03-10T11:00:00Z'), ('key', 'fresh', 'x', '2026-03-10', '2026-03-11')`);
  await database.rows(`insert into webhook_health (webhook_id, state, consecutive_failures, windows, updated_at) values
    ('wh-1', 'healthy', 0, '{}', now()), ('wh-deleted', 'healthy', 0, '{}', now())`);
  await database.rows(`insert into replay (id, client_id, filter, status, done, created_by, created_at, finished_at)
    values ('old', 'client-1', '{}', 'finished', 1, 'key', '2026-01-01', '2026-02-08T11:59:59Z'),
      ('recent', 'client-1', '{}', 'finished', 1, 'key', '2026-01-01', '2026-02-08T12:00:01Z'),
      ('running', 'client-1', '{}', 'running', 1, 'key', '2026-01-01', null)`);
  await database.rows(`insert into webhook_ping (webhook_id, next_at) values ('wh-1', '2026-03-10')`);
  await database.rows(`insert into notice_mail (client_id, webhook_id, type, notice, created_at, next_try_at, sent_at)
    values ('client-1', 'wh-1', 'webhook.failing', '{}', '2026-03-01', '2026-03-01', '2026-03-01'),
      ('client-1', 'wh-1', 'webhook.failing', '{}', '2026-03-09T11:00:00Z', '2026-03-10', null),
      ('client-1', 'wh-1', 'webhook.failing', '{}', '2026-03-09T13:00:00Z', '2026-03-10', null)`);
  await database.rows(`insert into published_event (owner, event_id, event_time, claimed_at, is_acknowledged, expires_at)
    values ('acme', 'old', 'x', '2026-03-09', true, '2026-03-10T11:59:59Z'), ('acme', 'new', 'x', '2026-03-10', true, '2026-03-11')`);
  await database.rows(
    `insert into ended_portal_session values ('ps-old', '2026-03-10T11:59:59Z'), ('ps-new', '2026-03-11')`,
  );
  const idAt = (time: string) => firstObjectIdAt('rejected', Date.parse(time)).padEnd(35, '0');
  await database.rows(
    `insert into rejected_event (id, rejected_at, reason, detail, partition, "offset", value_state, value_bytes, redrive_count)
    select id, now(), 'missing_id', '', 0, 1, 'none', 0, 0 from unnest($1::text[]) id`,
    [[idAt('2026-02-08T11:59:59Z'), idAt('2026-02-08T12:00:01Z')]],
  );
  await database.rows(`insert into held_event (webhook_id, event_key, received_at, source_topic, source_partition, source_offset, is_kept)
    values ('wh-1', gen_random_uuid(), '2026-02-08T11:59:59Z', 't', 0, 0, false), ('wh-1', gen_random_uuid(), '2026-02-08T12:00:01Z', 't', 0, 1, false)`);
  await database.rows(`insert into event_erasure (id, event_id, requested_at, requested_by, expires_at) values
    ('old', 'e', '2026-03-01', 'x', '2026-03-10T11:59:59Z'), ('new', 'e', '2026-03-01', 'x', '2026-03-11')`);
  await database.rows(`insert into client_leaving (client_id, started_at, started_by, step, finished_at, expires_at) values
    ('old', '2026-03-01', 'x', 'barrier', '2026-03-02', '2026-03-10T11:59:59Z'), ('new', '2026-03-01', 'x', 'barrier', '2026-03-02', '2026-03-11'),
    ('open', '2026-03-01', 'x', 'barrier', null, '2026-03-10T11:59:59Z')`);
  const deleted = {
    rejectedEvents: 1,
    heldEvents: 1,
    idempotencyKeys: 1,
    publishedEvents: 1,
    stats: 0,
    hourlyStats: 0,
    portalSessions: 1,
    secrets: 1,
    replays: 1,
    health: 1,
    pings: 1,
    sentMails: 1,
    unsentMails: 1,
    auditEntries: 0,
    eventErasures: 1,
    leftClients: 1,
    clientHistory: 0,
    typeHistory: 0,
  };
  expect((await keepHouse(database.em, { now, retentionDays: 30 }))?.deleted).toEqual(deleted);
  expect(await database.rows('select id from replay order by id')).toEqual([{ id: 'recent' }, { id: 'running' }]);
  expect(await database.rows('select id from webhook_secret order by id')).toEqual([
    { id: 'overlapping' },
    { id: 'wh-1-secret' },
  ]);
  expect(await database.rows('select key from idempotency_key')).toEqual([{ key: 'fresh' }]);
  expect(await database.rows('select id from event_erasure')).toEqual([{ id: 'new' }]);
  expect(await database.rows('select client_id as id from client_leaving order by 1')).toEqual([
    { id: 'new' },
    { id: 'open' },
  ]);
  expect(await database.rows('select webhook_id from webhook_health')).toEqual([{ webhook_id: 'wh-1' }]);
  // Until then it keeps a silent webhook from being pinged again.
  await database.rows(`insert into webhook_ping (webhook_id, next_at) values ('wh-1', '2026-03-10T12:00:01Z')`);
  const second = await keepHouse(database.em, { now, retentionDays: 30 });
  expect(second).toMatchObject({ created: [], dropped: [] });
  expect(new Set(Object.values(second?.deleted ?? {}))).toEqual(new Set([0]));
  for (const table of ['held_event', 'event_erasure', 'client_leaving']) await database.rows(`delete from ${table}`);
});

test('over five months on a clock, each day has its partition before it comes and is gone after retention', async () => {
  const retentionDays = 30;
  const first = Date.parse('2027-01-01T03:00:00Z');
  for (let day = 0; day < 150; day += 1) {
    const today = new Date(first + day * dayMs);
    // One row a day that ends tomorrow, so that its row must be gone the day after.
    await database.rows(
      `insert into idempotency_key (owner, key, request_hash, created_at, expires_at) values ('key', $1, 'x', $2, $3)`,
      [`day-${day}`, today, new Date(today.getTime() + dayMs)],
    );
    // Missing a few days is made up for: one after another, and five days later.
    if (![3, 4, 9].includes(day % 10)) continue;
    const report = await keepHouse(database.em, { now: today, retentionDays });
    expect(report).not.toBeNull();
    const days = await inTransaction(database.em, (run) => partitionsOf(run, 'delivery'));
    const times = days.map((partition) => partition.day);
    const midnight = Math.floor(today.getTime() / dayMs) * dayMs;
    expect(Math.max(...times)).toBe(midnight + 7 * dayMs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(midnight - retentionDays * dayMs);
    expect(times.length).toBeLessThanOrEqual(retentionDays + 1 + 7);
    const [kept] = await database.rows<{ count: number }>('select count(*)::int as count from idempotency_key');
    expect(kept?.count).toBe(2);
  }
}, 300_000);

test('while another one keeps house, this one leaves it alone; one that fell silent is relieved', async () => {
  await keepHouse(database.em, { now, retentionDays: 30 });
  const leaseFor = (seconds: number) =>
    database.rows(`update housekeeping_sweep set owner = 'another', lease_until = now() + make_interval(secs => $1)`, [
      seconds,
    ]);
  await leaseFor(59);
  expect(await keepHouse(database.em, { now, retentionDays: 30 })).toBeNull();
  // Its backend may hold what it likes, and its clock may have been set back since.
  await inTransaction(database.em, async (run) => {
    await run("select pg_advisory_xact_lock(hashtext('webhooks.housekeeping'))");
    for (const seconds of [-1, 3_600]) {
      await leaseFor(seconds);
      const report = await keepHouse(database.em, { now, retentionDays: 30 });
      expect(new Set(Object.values(report?.sweeps ?? {}))).toEqual(new Set(['done']));
    }
  });
});

test('a sweep whose step takes longer than its lease stays its own', async () => {
  await keepHouse(database.em, { now, retentionDays: 30 });
  // The day has no partition any more: the step that makes it waits for the one that everybody may write to.
  await database.rows('drop table event_p20260317');
  await inTransaction(database.em, async (run) => {
    await run('lock table event_default in access share mode');
    const keeping = keepHouse(database.em, { now, retentionDays: 30, leaseMs: 1_500 });
    await pause(2_000);
    const [sweep] = await database.rows(
      `select lease_until > clock_timestamp() as "isKept" from housekeeping_sweep
      where name = 'partitionsMade' and owner is not null`,
    );
    expect(sweep).toEqual({ isKept: true });
    expect(await new SweepStore(database.em, 'another', 1_500).take('partitionsMade')).toBeNull();
    await run('rollback');
    expect((await keeping)?.created).toEqual(['event_p20260317']);
  });
});

test('a sweep that fails or finds its table locked keeps no other from its work, and says when it was last done', async () => {
  const completed = async () =>
    new Map((await sweepTimes(database.em)).map(({ name, completedAt }) => [name, completedAt]));
  await keepHouse(database.em, { now, retentionDays: 30 });
  const before = await completed();
  await database.rows('alter table ended_portal_session rename to ended_portal_session_away');
  await inTransaction(database.em, async (run) => {
    await run('lock table notice_mail in access exclusive mode');
    const report = await keepHouse(database.em, { now, retentionDays: 30 });
    expect(report?.failures.map(({ sweep }) => sweep)).toEqual(['portalSessions', 'sentMails', 'unsentMails']);
    expect(report?.sweeps).toMatchObject({ statsCompacted: 'done', portalSessions: 'failed', pings: 'done' });
  });
  await database.rows('alter table ended_portal_session_away rename to ended_portal_session');
  const after = await completed();
  expect(after.get('portalSessions')).toBe(before.get('portalSessions'));
  expect(after.get('pings')).toBeGreaterThan(before.get('pings') ?? Infinity);
  const again = await keepHouse(database.em, { now, retentionDays: 30 });
  expect(new Set(Object.values(again?.sweeps ?? {}))).toEqual(new Set(['done']));
});

test('a large table is worked off in steps, each run goes on where the last one was', async () => {
  await database.rows(`insert into webhook_health (webhook_id, state, consecutive_failures, windows, updated_at)
    select 'gone-' || lpad(n::text, 6, '0'), 'healthy', 0, '{}', now() from generate_series(1, 25000) n`);
  await database.rows(`insert into published_event (owner, event_id, event_time, claimed_at, is_acknowledged, expires_at)
    select 'many', n::text, 'x', '2026-03-01', true, '2026-03-02' from generate_series(1, 15000) n`);
  const run = async () => {
    const report = await keepHouse(database.em, { now, retentionDays: 30, sweepMs: 0 });
    return [
      report?.sweeps.health,
      report?.deleted.health,
      report?.sweeps.publishedEvents,
      report?.deleted.publishedEvents,
    ];
  };
  expect(await run()).toEqual(['unfinished', 10_000, 'unfinished', 10_000]);
  expect(await run()).toEqual(['unfinished', 10_000, 'done', 5_000]);
  expect((await run()).slice(0, 2)).toEqual(['done', 5_000]);
  const [left] = await database.rows(
    `select count(*)::int as count from webhook_health where webhook_id like 'gone-%'`,
  );
  expect(left).toEqual({ count: 0 });
});

test('entries of the audit log go past their retention, in no other way, and for ever none', async () => {
  await database.rows(`insert into audit_entry (at, actor_kind, actor_id, action, object_kind, object_id) values
    ('2025-03-10', 'system', 'x', 'a', 'webhook', 'old'), ('2026-03-09', 'system', 'x', 'a', 'webhook', 'new')`);
  expect((await keepHouse(database.em, { now, retentionDays: 30 }))?.deleted.auditEntries).toBe(0);
  const kept = await keepHouse(database.em, { now, retentionDays: 30, auditRetentionDays: 90 });
  expect(kept?.deleted.auditEntries).toBe(1);
  // Portal sessions that last are ended by their entries.
  const least = await keepHouse(database.em, { now, retentionDays: 30, auditRetentionDays: 1 });
  expect(least?.deleted.auditEntries).toBe(0);
  expect(await database.rows(`select object_id from audit_entry where action = 'a'`)).toEqual([{ object_id: 'new' }]);
  await expect(database.rows('delete from audit_entry')).rejects.toThrow('append-only');
});

test('personal data is replaced in the audit log on request, in steps, and what happened stays', async () => {
  const erasures = new AuditErasureStore(database.em);
  const operator = { kind: 'api_key', id: 'key_1', name: 'ops', address: null, requestId: null } as const;
  const entry = (name: string, address: string, client: string, before: string, after: string) =>
    database.rows(
      `insert into audit_entry (at, actor_kind, actor_id, actor_name, address, client_id, action, object_kind, object_id, before, after)
      values ('2026-03-09', 'portal', 'ps_1', $1, $2, $3, 'e', 'client', $3, $4, $5)`,
      [name, address, client, before, after],
    );
  await entry(
    'Ann@example.com',
    '198.51.100.7',
    'acme',
    '{"noticeEmails": ["ann@example.com", "b@example.com"]}',
    '{}',
  );
  await entry(
    'joann@example.com',
    '198.51.100.77',
    'acme',
    '{"id": 9007199254740993}',
    '{"name": "ask ann@example.com"}',
  );
  await entry('ann@example.com', '198.51.100.7', 'other', '{}', '{}');
  await database.rows(`insert into audit_entry (at, actor_kind, actor_id, actor_name, client_id, action, object_kind, object_id)
    select '2026-03-09', 'portal', 'ps_1', 'ann@example.com', 'acme', 'f', 'client', 'acme' from generate_series(1, 1200)`);
  const request = { id: 'er_1', subject: 'ann@example.com', clientId: 'acme', reason: 'request 1' };
  expect(await erasures.create(request, operator, now)).toMatchObject({ entries: 0, finishedAt: null });
  await entry('ann@example.com', '198.51.100.7', 'acme', '{}', '{}');
  expect(await keepHouse(database.em, { now, retentionDays: 30 })).toMatchObject({
    erasedEntries: 1_202,
    sweeps: { auditErasures: 'done' },
    failures: [],
  });
  const columns = 'actor_id, actor_name, address, client_id, before::text, after::text';
  expect(await database.rows(`select ${columns} from audit_entry where action = 'e' order by id`)).toEqual([
    ...[
      ['erased', null, 'acme', '{"noticeEmails": ["erased", "b@example.com"]}', '{}'],
      ['joann@example.com', '198.51.100.77', 'acme', '{"id": 9007199254740993}', '{"name": "ask erased"}'],
      ['ann@example.com', '198.51.100.7', 'other', '{}', '{}'],
      // It came after the request.
      ['ann@example.com', '198.51.100.7', 'acme', '{}', '{}'],
    ].map(([actor_name, address, client_id, before, after]) => ({
      ...{ actor_id: 'ps_1', actor_name, address, client_id, before, after },
    })),
  ]);
  expect(await database.rows(`select distinct actor_name from audit_entry where action = 'f'`)).toEqual([
    { actor_name: 'erased' },
  ]);
  // What was asked is in the log; whom it was about is nowhere.
  expect(
    await database.rows(`select actor_id, action, after from audit_entry where object_id = 'er_1' order by id`),
  ).toEqual([
    { actor_id: 'key_1', action: 'audit.erasure_requested', after: { reason: 'request 1' } },
    { actor_id: 'monitor', action: 'audit.erased', after: { entries: 1_202 } },
  ]);
  expect(await database.rows('select subject, entries from audit_erasure')).toEqual([
    { subject: null, entries: 1_202 },
  ]);
  expect(await erasures.find('er_1')).toMatchObject({ finishedAt: now });
  await erasures.create({ id: 'er_2', subject: '198.51.100.7', clientId: null, reason: null }, operator, now);
  expect((await keepHouse(database.em, { now, retentionDays: 30 }))?.erasedEntries).toBe(2);
  await expect(database.rows(`update audit_entry set actor_name = 'x'`)).rejects.toThrow('append-only');
  await inTransaction(database.em, async (run) => {
    await run(`set local webhooks.audit_erasure = 'on'`);
    await expect(run(`update audit_entry set action = 'x'`)).rejects.toThrow('names, addresses and values only');
  }).catch(() => undefined);
});

test('a step over the audit log or the mails reads a page of what is oldest, and the next one goes on there', async () => {
  await database.rows(`insert into audit_entry (at, actor_kind, actor_id, action, object_kind, object_id)
    select '2025-03-10', 'system', 'x', 'b', 'webhook', 'old' from generate_series(1, 15000)`);
  await database.rows(`insert into audit_entry (at, actor_kind, actor_id, action, object_kind, object_id)
    select '2026-03-09', 'system', 'x', 'b', 'webhook', 'new' from generate_series(1, 40000)`);
  await database.rows(`insert into notice_mail (client_id, webhook_id, type, notice, created_at, next_try_at, sent_at)
    select 'client-1', 'wh-1', 'webhook.failing', '{}', '2026-03-01', '2026-03-01', '2026-03-01' from generate_series(1, 15000)`);
  await database.rows(`insert into notice_mail (client_id, webhook_id, type, notice, created_at, next_try_at, sent_at)
    select 'client-1', 'wh-1', 'webhook.failing', '{}', '2026-03-09', '2026-03-09', '2026-03-09' from generate_series(1, 40000)`);
  await database.rows('analyze audit_entry, notice_mail');
  const moments = {
    ...{ now, today: now.getTime(), oldestKept: () => 0, retentionDays: 30 },
    oldestAudit: new Date('2025-12-10'),
  };
  const step = (name: SweepName, table: string, progress: string) =>
    inTransaction(database.em, async (run) => {
      const read = async () => {
        const [row] = await run<{ count: number }>(
          `select (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as count from pg_stat_xact_user_tables where relname = $1`,
          [table],
        );
        return row?.count ?? 0;
      };
      const before = await read();
      const done = await sweeps[name].step(run, moments, progress);
      return { ...done, isPage: (await read()) - before <= 25_000 };
    });
  for (const [name, table] of [
    ['auditEntries', 'audit_entry'],
    ['sentMails', 'notice_mail'],
  ] as const) {
    const first = await step(name, table, '');
    expect(first).toMatchObject({ isDone: false, isPage: true });
    const second = await step(name, table, first.progress ?? '');
    expect(second).toMatchObject({ isDone: false, isPage: true });
    // Some of the first page are of the tests before, and stay.
    expect((first.rows ?? 0) + (second.rows ?? 0)).toBe(15_000);
    expect(await step(name, table, second.progress ?? '')).toMatchObject({ rows: 0, progress: '', isPage: true });
  }
});

test('while the history is locked, only the sweeps that need to know how old it is wait for it', async () => {
  await keepHouse(database.em, { now, retentionDays: 30 });
  await inTransaction(database.em, async (run) => {
    await run('lock table only event in access exclusive mode');
    const report = await keepHouse(database.em, { now, retentionDays: 30 });
    expect(report?.failures.map(({ sweep }) => sweep)).toEqual([
      ...['partitionsDropped', 'lateRows', 'stats', 'hourlyStats', 'replays', 'rejectedEvents', 'heldEvents'],
    ]);
    expect(report?.sweeps).toMatchObject({ partitionsMade: 'done', secrets: 'done', auditEntries: 'done' });
  });
});

test('a sweep that was never reached is missed, one that there is no longer is not', async () => {
  await database.rows('delete from housekeeping_sweep');
  await database.rows(`insert into housekeeping_sweep (name, since) values ('renamed', '2026-01-01')`);
  await keepHouse(database.em, { now, retentionDays: 30, isStopped: () => true });
  expect((await sweepTimes(database.em)).map(({ name }) => name).sort()).toEqual([...sweepNames].sort());
});

test('counts for charts of two days ago are put together by the hour, and none is lost', async () => {
  const zeros = Array.from({ length: 13 }, () => 0).join(', ');
  const at = (time: string, delivered: number, webhook = 'wh-1', client = 'acme') =>
    database.rows(`insert into delivery_stats values ($4, $1, $2, $3, 1, 0, $3, ${zeros})`, [
      time,
      webhook,
      delivered,
      client,
    ]);
  const hours = async () => {
    const rows = await database.rows(
      `select to_char(bucket at time zone 'UTC', 'HH24:MI') as at, client_id, webhook_id, delivered, failed_retryable, latency_5
       from delivery_stats_hour order by bucket, client_id, webhook_id`,
    );
    return rows.map((row) => Object.values(row).join(' '));
  };
  await at('2026-03-08T10:00:00Z', 1);
  await at('2026-03-08T10:05:00Z', 2);
  await at('2026-03-08T10:55:00Z', 3, 'wh-9', 'other');
  await at('2026-03-08T11:10:00Z', 4);
  await at('2026-03-08T11:10:00Z', 5, 'wh-2');
  await at('2026-03-08T12:05:00Z', 6);
  await at('2026-02-01T00:00:00Z', 7);
  expect(await keepHouse(database.em, { now, retentionDays: 30 })).toMatchObject({
    compactedStats: 6,
    deleted: { hourlyStats: 3 },
  });
  const ofEleven = ['11:00   9 2 9', '11:00 acme  9 2 9', '11:00 acme wh-1 4 1 4', '11:00 acme wh-2 5 1 5'];
  expect(await hours()).toEqual([
    ...['10:00   6 3 6', '10:00 acme  3 2 3', '10:00 acme wh-1 3 2 3', '10:00 other  3 1 3', '10:00 other wh-9 3 1 3'],
    ...ofEleven,
  ]);
  expect(await keepHouse(database.em, { now, retentionDays: 30 })).toMatchObject({
    compactedStats: 0,
    deleted: { hourlyStats: 0 },
  });
  // What comes late, and in the first minutes of its hour, is added all the same; until then it is read where it is.
  await at('2026-03-08T10:00:00Z', 10);
  const stats = new StatsView(database.em);
  const of = async (filter: Partial<StatsFilter>) => {
    const [from, to] = [new Date('2026-03-08T00:00:00Z'), new Date('2026-03-09T00:00:00Z')];
    const steps = await stats.steps({ scope: null, from, to, stepMs: dayMs, ...filter });
    return steps.map(({ delivered, failedRetryable, latencies }) => [delivered, failedRetryable, latencies[0]]);
  };
  const asked: readonly Partial<StatsFilter>[] = [
    {},
    { clientId: 'acme' },
    { scope: 'acme' },
    { scope: 'acme', clientId: 'other' },
    { webhookIds: ['wh-1'] },
    { scope: 'other', webhookIds: ['wh-9'] },
    { scope: 'other', webhookIds: ['wh-1'] },
    { stepMs: 43_200_000 },
  ];
  const answers = [
    ...[[[31, 7, 31]], [[28, 6, 28]], [[28, 6, 28]], [], [[23, 5, 23]], [[3, 1, 3]], []],
    [
      [25, 6, 25],
      [6, 1, 6],
    ],
  ];
  expect(await Promise.all(asked.map(of))).toEqual(answers);
  expect(await keepHouse(database.em, { now, retentionDays: 30 })).toMatchObject({ compactedStats: 1 });
  expect((await hours()).slice(0, 3)).toEqual(['10:00   16 4 16', '10:00 acme  13 3 13', '10:00 acme wh-1 13 3 13']);
  expect(await Promise.all(asked.map(of))).toEqual(answers);
});

test('what has a retention of its own goes before the rest: of a client, and of a type', async () => {
  const writer = new HistoryWriter(database.em, new ConsumerOffsetStore(database.em, 'retention'));
  const seeds = [
    ['short', 'order.created', 4],
    ['short', 'order.created', 2],
    ['long', 'note.made', 8],
    ['long', 'note.made', 4],
    ['long', 'order.created', 8],
    ['long', 'order.created', 0],
  ] as const;
  const of = seeds.map(([clientId, eventType, days]) => {
    const [eventId, time] = [`${clientId} ${eventType} ${days}`, now.getTime() - days * dayMs];
    const decisions = [aDecision({ clientId, deliveryId: deliveryIdOf(eventId, 'wh-1') })];
    const named = { clientId, eventType, eventId, time };
    return { event: anEvent({ ...named, decisions }), outcome: anOutcome(named) };
  });
  await writer.writeBatch({
    events: of.map(({ event }) => event),
    outcomes: of.map(({ outcome }) => outcome),
    offsets: [],
  });
  await database.rows(`insert into client (id, name, created_at, retention_days) values ('short', 'Short', now(), 3)`);
  await database.rows(`insert into event_type (type, audience, schema_mode, sensitive_paths, deprecated, version, created_at,
    updated_at, retention_days) values ('note.made', 'client', 'off', '[]', false, 1, now(), now(), 5)`);
  const report = await keepHouse(database.em, { now, retentionDays: 30 });
  expect(report?.deleted).toMatchObject({ clientHistory: 2, typeHistory: 2 });
  const left = ['long note.made 4', 'long order.created 0', 'long order.created 8', 'short order.created 2'];
  for (const table of ['event', 'delivery']) {
    const ids = await database.rows<{ id: string }>(
      `select event_id as id from ${table} where client_id in ('short', 'long') order by event_id collate "C"`,
    );
    expect(ids.map(({ id }) => id)).toEqual(left);
  }
  expect(await database.rows('select count(*)::int as count from delivery_attempt')).toEqual([{ count: 4 }]);
  for (const table of ['event', 'delivery', 'delivery_attempt', 'event_type'])
    await database.rows(`delete from ${table}`);
});

test('by a clock that is 45 days ahead no day of the history goes', async () => {
  const writer = new HistoryWriter(database.em, new ConsumerOffsetStore(database.em, 'projector'));
  for (let day = 0; day < 30; day += 1) {
    const time = now.getTime() - day * dayMs;
    await writer.writeBatch({
      events: [anEvent({ eventId: `event-${day}`, time })],
      outcomes: [anOutcome({ eventId: `event-${day}`, time })],
      offsets: [],
    });
  }
  await keepHouse(database.em, { now, retentionDays: 30 });
  await database.rows(
    `insert into replay (id, client_id, filter, status, done, created_by, created_at, finished_at)
    values ('today', 'client-1', '{}', 'finished', 1, 'key', $1, $1)`,
    [now],
  );
  const ahead = await keepHouse(database.em, { now: new Date(now.getTime() + 45 * dayMs), retentionDays: 30 });
  expect(ahead).toMatchObject({ deletedRows: 0, deleted: { replays: 0 } });
  const [kept] = await database.rows('select count(*)::int as count from delivery');
  expect(kept).toEqual({ count: 30 });
  // Days go as the days come that have rows.
  const inTime = await keepHouse(database.em, { now: new Date(now.getTime() + dayMs), retentionDays: 29 });
  expect(inTime?.dropped.filter((name) => name.startsWith('delivery_p'))).toEqual([]);
});
