import { expect, test } from '@jest/globals';
import { createLogger } from '../../../libs/runtime/logger.ts';
import type { AppLag } from './system-lag.ts';
import { systemLag, type LagSources } from './system-lag.ts';
import { SystemReports, type SystemSources } from './system-report.ts';

const lag: readonly AppLag[] = [
  {
    app: 'fanout',
    members: 1,
    isComplete: true,
    topics: [{ topic: 'platform.events', lag: 3, isWaitingPlace: false }],
  },
  {
    app: 'retry-scheduler',
    members: 1,
    isComplete: true,
    topics: [{ topic: 'webhook.retry.6h', lag: 900_000, isWaitingPlace: true }],
  },
  { app: 'dispatcher', members: 0, isComplete: true, topics: [] },
];
const backlog = { pending: 2, retrying: 1, oldestCreatedAt: 5, earliestDueAt: 6 };
const now = 1_000_000;

function sources(changed: Partial<SystemSources> = {}): SystemSources & { asked: () => number } {
  let asked = 0;
  const database = {
    backlog: { read: () => Promise.resolve(backlog), daysAhead: () => Promise.resolve(7) },
    outbox: { count: () => Promise.resolve(4), oldestAt: () => Promise.resolve(now - 61_000) },
    version: () => Promise.resolve('18.1'),
    sweeps: () => Promise.resolve([{ name: 'stats', ageMs: 1 }]),
    unfinishedIndexes: () => Promise.resolve({ missing: [], invalid: [], isUnderWay: false }),
  } as unknown as SystemSources['database'];
  const kafka = () => {
    asked += 1;
    return Promise.resolve({ lag, brokers: 3 });
  };
  const base = { kafka, database, logger: createLogger('test', 'silent'), now: () => now, isSending: true };
  return { ...base, ...changed, asked: () => asked };
}

test('however many ask, it is found out once', async () => {
  const from = sources();
  const reports = new SystemReports(from);
  const all = await Promise.all(Array.from({ length: 50 }, () => reports.get()));
  await reports.get();
  expect([new Set(all).size, from.asked()]).toEqual([1, 1]);
  expect(all[0]).toMatchObject({ lag, brokers: 3, backlog, partitionDaysAhead: 7, postgresVersion: '18.1' });
  const told = all[0]?.findings.map(({ area, severity }) => `${area} ${severity}`);
  // What waits in a tier by design is no lag.
  expect(told).toEqual(['kafka ok', 'database ok', 'database error', 'lag ok', 'lag ok', 'lag error']);
});

test('what does not answer is null and told; the rest is there', async () => {
  const kafka = () => new Promise<never>(() => undefined);
  const away = { read: () => Promise.reject(new Error('secret-host is away')), daysAhead: () => Promise.resolve(1) };
  const { database } = sources();
  const changed = { ...database, backlog: away } as unknown as SystemSources['database'];
  const report = await new SystemReports(sources({ kafka, database: changed, partMsMax: 20 })).get();
  expect(report).toMatchObject({
    lag: null,
    brokers: null,
    backlog: null,
    outbox: { count: 4 },
    postgresVersion: '18.1',
  });
  const says = report.findings.map((one) => one.says).join('\n');
  expect(says).toContain('Kafka: no answer');
  expect(says).toContain('What waits: cannot be asked');
  expect(says).toContain('partitions for only 1 days ahead');
  expect(says).not.toContain('secret-host');
});

test('that deliveries are not sent on purpose is no trouble', async () => {
  const { findings } = await new SystemReports(sources({ isSending: false })).get();
  expect(findings.find(({ says }) => says.startsWith('WEBHOOKS_ENABLED is false'))?.severity).toBe('notice');
});

test('of a cluster that is not asked nothing is said to be fine', async () => {
  const unseen = lag.map((one) => (one.app === 'fanout' ? { ...one, isComplete: false } : one));
  const kafka = () => Promise.resolve({ lag: unseen, brokers: 3 });
  const { findings } = await new SystemReports(sources({ kafka })).get();
  const ofFanout = findings
    .filter(({ says }) => says.startsWith('fanout'))
    .map(({ severity, says }) => [severity, says]);
  expect(ofFanout).toEqual([
    ['ok', "fanout on the system's own cluster: 1 consuming, 3 records behind"],
    ['notice', expect.stringContaining('PLATFORM_KAFKA_BROKERS')],
  ]);
});

test('each app is behind in what it reads, the platform’s topics of fan-out and positions of the database included', async () => {
  const admin: LagSources['admin'] = {
    memberCounts: () => Promise.resolve(new Map([['x.fanout', 2]])),
    holdings: (names) =>
      Promise.resolve(new Map(names.filter((name) => !name.includes('6h')).map((name) => [name, []]))),
    committedTopics: () => Promise.resolve(['shop.orders', 'x.platform.events']),
    groupLag: (_group, names) =>
      Promise.resolve(
        new Map(
          names.flatMap(
            (name) =>
              [
                [`${name}-0`, 1],
                [`${name}-1`, 2],
              ] as const,
          ),
        ),
      ),
    lagBehind: (topic, next) => Promise.resolve(topic === 'x.webhook.events' ? (next.get(0) ?? -1) : 0),
  };
  const positionsOf = () =>
    Promise.resolve([{ topic: 'x.webhook.events', partition: 0, nextOffset: 41, topicId: null }]);
  const found = await systemLag({ admin, prefix: 'x.', hasPlatformCluster: false, positionsOf });
  expect(found.every(({ isComplete }) => isComplete)).toBe(true);
  const apart = await systemLag({ admin, prefix: 'x.', hasPlatformCluster: true, positionsOf });
  expect(apart.filter(({ isComplete }) => !isComplete).map(({ app }) => app)).toEqual(['fanout']);
  const [fanout] = found;
  expect(fanout?.members).toBe(2);
  expect(fanout?.topics.map(({ topic, lag: behind }) => [topic, behind])).toEqual([
    ['x.platform.events', 3],
    ['x.webhook.notices', 3],
    ['shop.orders', 3],
  ]);
  const ofProjector = found.find(({ app }) => app === 'projector')?.topics ?? [];
  expect(ofProjector.find(({ topic }) => topic === 'x.webhook.events')?.lag).toBe(41);
  expect(found.flatMap(({ topics }) => topics).some(({ topic }) => topic.includes('6h'))).toBe(false);
});
