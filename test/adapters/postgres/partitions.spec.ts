import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { ConsumerOffsetStore } from '../../../libs/postgres/consumer-offset-store.ts';
import { DeliveryRow } from '../../../libs/postgres/entities/delivery.ts';
import { HistoryWriter } from '../../../libs/postgres/history/history-writer.ts';
import { keepHouse } from '../../../libs/postgres/housekeeping/housekeeping.ts';
import { createOrm } from '../../../libs/postgres/orm.ts';
import { partitionedTables } from '../../../libs/postgres/housekeeping/partition-days.ts';
import { makePartition, maintainPartitions, partitionsOf } from '../../../libs/postgres/housekeeping/partitions.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { anEvent, anOutcome } from './history-factory.ts';
import { dayMs } from '../../../libs/domain/day.ts';

const rules = { daysAhead: 3, retentionDays: 30 };
let database: TestDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  for (const table of partitionedTables) {
    for (const name of await partitionNames(table)) await database.rows(`drop table ${name}`);
    await database.rows(`delete from ${table}`);
  }
});

function partitionNames(table: (typeof partitionedTables)[number]): Promise<string[]> {
  return inTransaction(database.em, async (run) => (await partitionsOf(run, table)).map(({ name }) => name));
}

async function write(time: number): Promise<void> {
  const eventId = `event-${time}`;
  const writer = new HistoryWriter(database.em, new ConsumerOffsetStore(database.em, 'projector'));
  await writer.writeBatch({
    events: [anEvent({ eventId, time })],
    outcomes: [anOutcome({ eventId, time })],
    offsets: [],
  });
}

async function rowsIn(table: string): Promise<number> {
  const [row] = await database.rows<{ count: number }>(`select count(*)::int as count from ${table}`);
  return row?.count ?? 0;
}

test('after months of days each row of the last 30 days is there, in a partition of its day, and no other', async () => {
  const begin = Date.parse('2026-01-20T09:00:00Z');
  for (let day = 0; day < 100; day += 1) {
    const now = begin + day * dayMs;
    await write(now);
    const report = await maintainPartitions(database.em, now, rules);
    expect(report?.created).toHaveLength(day === 0 ? 12 : 3);
  }
  const now = begin + 99 * dayMs;
  const names = await partitionNames('delivery');
  // 30 days before today, today, and 3 ahead.
  expect(names).toHaveLength(34);
  expect([names.at(0), names.at(-1)]).toEqual(['delivery_p20260330', 'delivery_p20260502']);
  const kept = await database.em.fork().findAll(DeliveryRow, { orderBy: { id: 'asc' } });
  expect(kept).toHaveLength(31);
  expect(kept[0]?.dayTime.getTime()).toBe(now - 30 * dayMs);
  for (const table of partitionedTables) expect(await rowsIn(`${table}_default`)).toBe(0);
}, 60_000);

test.each([
  ['America/Sao_Paulo', '2026-03-10T01:30:00Z'],
  ['Europe/Berlin', '2027-03-28T00:30:00Z'],
])('#67 days are those of UTC, whatever the zone of the database is: %s', async (zone, at) => {
  const now = Date.parse(at);
  const databaseName = new URL(database.url).pathname.slice(1);
  await database.rows(`alter database "${databaseName}" set timezone = '${zone}'`);
  const zoned = createOrm(database.url, 1);
  try {
    const inZone = await inTransaction(zoned.em, (run) =>
      run<{ zone: string }>(`select current_setting('timezone') as zone`),
    );
    expect(inZone).toEqual([{ zone }]);
    await maintainPartitions(zoned.em, now, { ...rules, daysAhead: 1 });
    for (const time of [now - (now % dayMs), now, now + dayMs - (now % dayMs)]) await write(time);
    const again = await maintainPartitions(zoned.em, now, { ...rules, daysAhead: 1 });
    expect(again).toMatchObject({ created: [], movedRows: 0 });
    const days = [now, now + dayMs].map(
      (day) => `event_p${new Date(day).toISOString().slice(0, 10).replaceAll('-', '')}`,
    );
    expect(await partitionNames('event')).toEqual(days);
    expect([await rowsIn(days[0] ?? ''), await rowsIn(days[1] ?? ''), await rowsIn('event_default')]).toEqual([
      2, 1, 0,
    ]);
  } finally {
    await zoned.close(true);
    await database.rows(`alter database "${databaseName}" reset timezone`);
  }
});

test('rows that came before the partition of their day move into it', async () => {
  const now = Date.parse('2026-03-10T23:59:59.999Z');
  const [yesterday, today, tomorrow] = [now - dayMs, now, now + 1];
  for (const time of [yesterday, today, tomorrow]) await write(time);
  expect(await rowsIn('delivery_default')).toBe(3);
  const report = await maintainPartitions(database.em, now, { ...rules, daysAhead: 1 });
  expect(report).toMatchObject({ movedRows: 9, deletedRows: 0 });
  expect(await partitionNames('event')).toEqual(['event_p20260309', 'event_p20260310', 'event_p20260311']);
  for (const table of partitionedTables) {
    expect(await rowsIn(`${table}_default`)).toBe(0);
    expect(await rowsIn(`${table}_p20260311`)).toBe(1);
  }
  // What was written before is still found by its key, and written again it is the same row.
  await write(tomorrow);
  expect(await rowsIn('delivery')).toBe(3);
});

test('rows past retention without a partition of their own go too', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  await write(now - 45 * dayMs);
  await write(now - 30 * dayMs);
  await write(now);
  const report = await maintainPartitions(database.em, now, rules);
  expect(report).toMatchObject({ deletedRows: 3, movedRows: 6 });
  expect(await rowsIn('delivery')).toBe(2);
});

test('a day with more rows than are moved in a moment keeps them where they are, and loses none', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  for (let index = 0; index < 3; index += 1) await write(now + index);
  const report = await maintainPartitions(database.em, now, { ...rules, movedRowsMax: 2 });
  expect(report).toMatchObject({ movedRows: 0 });
  expect(await partitionNames('delivery')).toEqual(['delivery_p20260311', 'delivery_p20260312', 'delivery_p20260313']);
  expect(await rowsIn('delivery')).toBe(3);
  // They go when they are past retention, and newer ones are there.
  await write(now + 3 * dayMs);
  const later = await maintainPartitions(database.em, now + 3 * dayMs, { ...rules, retentionDays: 2 });
  expect(later).toMatchObject({ deletedRows: 9 });
  expect(await rowsIn('delivery')).toBe(1);
});

test('beside a large default partition days get theirs without it being looked through while others wait', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  await write(now - 2 * dayMs);
  await write(now);
  const report = await maintainPartitions(database.em, now, { ...rules, scannedBytesMax: 0 });
  expect(report).toMatchObject({ movedRows: 0 });
  expect(await partitionNames('event')).toEqual(['event_p20260311', 'event_p20260312', 'event_p20260313']);
  expect(await rowsIn('delivery')).toBe(2);
  const constraints = `select conname from pg_constraint where conname like '%_not_2%'`;
  expect(await database.rows(constraints)).toEqual([]);
  await write(now + dayMs);
  expect(await rowsIn('delivery_p20260311')).toBe(1);
});

test('#22 rows of a producer whose clock was in other units hold up nothing', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  // What versions before wrote of timestamps of 0, in seconds and in microseconds.
  const writer = new HistoryWriter(database.em, new ConsumerOffsetStore(database.em, 'projector'));
  for (const time of [0, Math.floor(now / 1_000), 2 ** 48 - 1, 2e14, now]) {
    await writer.writeBatch({ events: [anEvent({ eventId: `event-${time}`, time })], outcomes: [], offsets: [] });
  }
  const report = await maintainPartitions(database.em, now, { ...rules, retentionDays: null });
  expect(report?.created).toContain('event_p20260310');
  expect(await maintainPartitions(database.em, now + dayMs, rules)).not.toBeNull();
  expect(await rowsIn('event_p20260310')).toBe(1);
  const kept = await keepHouse(database.em, { retentionDays: 30, now: new Date(now + 2 * dayMs) });
  expect(kept?.failures).toEqual([]);
});

test('a look through a large default partition outlasts what a statement of the pool may take', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  await write(now);
  const large = { daysAhead: 1, retentionDays: null, scannedBytesMax: 0 };
  const today = Date.parse('2026-03-10T00:00:00Z');
  const impatient = createOrm(database.url, 2, { statementMsMax: 3_000 });
  const step = () => inTransaction(impatient.em, (run) => makePartition(run, 'delivery', today, large));
  try {
    // The constraint, and then the look, which somebody makes wait.
    expect(await step()).toMatchObject({ name: null, isOver: false });
    const looking: ReturnType<typeof step>[] = [];
    await inTransaction(database.em, async (run) => {
      await run('lock table delivery_default in share update exclusive mode');
      looking.push(step());
      await pause(4_500);
    });
    expect(await Promise.all(looking)).toMatchObject([{ name: null, isOver: false }]);
    expect(await step()).toMatchObject({ name: 'delivery_p20260311', isOver: true });
  } finally {
    await impatient.close(true);
  }
});

test('a run that may not look through a large default partition makes no day that needs it, and refuses no row', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  await write(now);
  const quick = { ...rules, daysAhead: 1, scannedBytesMax: 0 };
  expect(await maintainPartitions(database.em, now, { ...quick, isProving: false })).toMatchObject({ created: [] });
  await write(now + dayMs);
  expect(await rowsIn('delivery_default')).toBe(2);
  // A row that came between the look for days and the constraint does not close its day to those that follow.
  await database.rows(`alter table delivery_default add constraint delivery_default_not_20260311
    check (day_time < '2026-03-11' or day_time >= '2026-03-12') not valid`);
  await maintainPartitions(database.em, now, quick);
  await write(now + dayMs + 1);
  expect(await rowsIn('delivery_default')).toBe(3);
});

test('doing it again, and several at once, does it once', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  const reports = await Promise.all(Array.from({ length: 5 }, () => maintainPartitions(database.em, now, rules)));
  expect(
    reports.flatMap((report) => report?.created ?? []).filter((name) => name.startsWith('delivery_p')),
  ).toHaveLength(4);
  expect(await maintainPartitions(database.em, now, rules)).toEqual({
    created: [],
    dropped: [],
    movedRows: 0,
    deletedRows: 0,
  });
});

test('writers go on while partitions come and go', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  const days = Array.from({ length: 12 }, (_, day) => now + day * dayMs);
  const change = { isOver: false };
  const changing = (async () => {
    for (const day of days) await maintainPartitions(database.em, day, { ...rules, daysAhead: 0 });
    change.isOver = true;
  })();
  let written = 0;
  const writing = (async () => {
    while (!change.isOver) {
      written += 1;
      await write((days[written % days.length] ?? now) + written);
    }
  })();
  await Promise.all([changing, writing]);
  expect(written).toBeGreaterThan(0);
  expect(await rowsIn('delivery')).toBe(written);
  expect(await rowsIn('delivery_attempt')).toBe(written);
});

test('a delivery is found by its id in one partition', async () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  await maintainPartitions(database.em, now, rules);
  const plan = await database.rows<{ 'QUERY PLAN': string }>(
    `explain select * from delivery where id = gen_random_uuid() and day_time = '${new Date(now).toISOString()}'`,
  );
  const text = plan.map((row) => row['QUERY PLAN']).join('\n');
  expect(text).toContain('delivery_p20260310');
  expect(text).not.toContain('Append');
});
