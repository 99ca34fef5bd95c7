/** EXPLAIN says of every list: it is read from an index in the order in which it is shown, from the days asked for only. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { seedHistory } from '../../../bench/history-seed.ts';
import { seededClientId, seededWebhookId } from '../../../bench/history-seed-sql.ts';
import { deliveryCount, deliveryList, type DeliveryListFilter } from '../../../libs/postgres/history/delivery-list.ts';
import { filtersStatement, type FilterRow } from '../../../libs/postgres/webhooks/filters-looked-at.ts';
import { eventList, eventSearch, type EventFilter } from '../../../libs/postgres/history/event-list.ts';
import type { Run } from '../../../libs/postgres/bulk.ts';
import { selectDue } from '../../../libs/postgres/health/verification-store.ts';
import { besideScan, waitingScan } from '../../../libs/postgres/health/health-view.ts';
import { oldOfClient, pageOfTypes } from '../../../libs/postgres/housekeeping/own-retention.ts';
import type { PageRequest } from '../../../libs/postgres/page.ts';
import { rejectedEventList, type RejectedEventFilter } from '../../../libs/postgres/rejections/rejected-event-list.ts';
import { countHeld, matchedOf, newestHeld, nextHeld, removeHeld } from '../../../libs/postgres/replays/held-events.ts';
import { pastEventsAfter } from '../../../libs/postgres/replays/past-events.ts';
import { isDefinitionOut, rewindTarget } from '../../../libs/postgres/replays/rewind-turns.ts';
import { statsSteps } from '../../../libs/postgres/history/stats-view.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { dayMs } from '../../../libs/domain/day.ts';

const days = 8;
const today = Math.floor(Date.now() / dayMs) * dayMs;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await migratedDatabase();
  await seedHistory(database.url, { deliveries: 20_000, days });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // What is small is quicker to read whole: here it is asked whether it can be done otherwise.
  await client.query('set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off');
}, 120_000);

afterAll(async () => {
  await client.end();
  await database.close();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Filter?: string;
  readonly Plans?: readonly Plan[];
}

async function nodesOf({ sql, values }: { sql: string; values: readonly unknown[] }): Promise<Plan[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(`explain (format json) ${sql}`, [...values]);
  const all = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(all)];
  return (rows[0]?.['QUERY PLAN'] ?? []).flatMap(({ Plan }) => all(Plan));
}

function expectIndexOrder(nodes: readonly Plan[]): void {
  const kinds = nodes.map((node) => node['Node Type']);
  expect(kinds.filter((kind) => /Seq Scan|Bitmap|Sort/.test(kind))).toEqual([]);
}

/** Of the attempts of one delivery its own day is read, which is known when it is run. */
const listed = /^(?:delivery|event)_p(\d{4})(\d\d)(\d\d)$/;

/** Days before today whose partitions are read. */
function daysRead(nodes: readonly Plan[]): number[] {
  const names = nodes.map((node) => node['Relation Name'] ?? '').map((name) => listed.exec(name));
  const times = names
    .filter((name) => name !== null)
    .map(([, year, month, day]) => Date.parse(`${year ?? ''}-${month ?? ''}-${day ?? ''}`));
  return [...new Set(times.map((time) => (today - time) / dayMs))].sort((a, b) => a - b);
}

const at = (daysAgo: number) => new Date(today - daysAgo * dayMs);
const idAt = (daysAgo: number) => {
  const hex = (at(daysAgo).getTime() + 1_000).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-8000-8000-000000000000`;
};
const first: PageRequest<string> = { limit: 50, after: null };
const clientId = seededClientId(0);
const webhookId = seededWebhookId(0, 3);

const owners: Readonly<Record<string, Partial<DeliveryListFilter>>> = {
  'an admin': {},
  'an admin, of a client': { clientId },
  'a client': { scope: clientId },
  'a client, of a webhook': { scope: clientId, webhookId },
};
const filters: Readonly<Record<string, Partial<DeliveryListFilter>>> = {
  nothing: {},
  'a status': { status: ['failed_permanent'] },
  'what waits': { status: ['pending'] },
  'a type': { eventType: 'order.paid' },
  'a code': { responseCode: ['4xx', 'none'] },
  'a reason of what failed': { status: ['failed_permanent'], reason: ['exhausted'] },
  'several states': { status: ['failed_permanent', 'failed_retryable'] },
  'a trigger': { trigger: ['manual'] },
  'a number of attempts of a type': { attempts: ['3..'], eventType: 'order.paid' },
  'a type and a status': { eventType: 'order.paid', status: ['delivered'] },
};
const deliveryCases = Object.entries(owners).flatMap(([owner, of]) =>
  Object.entries(filters).map(([name, filter]) => [owner, name, { scope: null, ...of, ...filter }] as const),
);

test.each(deliveryCases)('deliveries for %s, by %s', async (_owner, _name, filter) => {
  expectIndexOrder(await nodesOf(deliveryList(filter, first)));
  const inRange = await nodesOf(deliveryList({ ...filter, from: at(4), to: at(2) }, first));
  expectIndexOrder(inRange);
  expect(daysRead(inRange)).toEqual([3, 4]);
  const older = await nodesOf(deliveryList(filter, { limit: 50, after: idAt(5) }));
  expectIndexOrder(older);
  expect(daysRead(older)).toEqual([5, 6, 7]);
  const newer = await nodesOf(deliveryList(filter, { limit: 50, after: null, before: idAt(2) }));
  expectIndexOrder(newer);
  expect(Math.max(...daysRead(newer))).toBe(2);
});

test.each(deliveryCases)('the count of deliveries for %s, by %s', async (_owner, _name, filter) => {
  // Four sums at the end are sorted, or hashed.
  const kinds = (await nodesOf(deliveryCount(filter))).map((node) => node['Node Type']);
  expect(kinds.filter((kind) => /Seq Scan|Bitmap/.test(kind))).toEqual([]);
  expect(kinds).toContain('Limit');
});

test('a count that ended before it had looked at all of them says so, though it found none', async () => {
  const nothing: DeliveryListFilter = { scope: null, reason: ['no_such_reason'] };
  const counted = async (lookedMax?: number) => {
    const { sql, values } = deliveryCount(nothing, lookedMax);
    return (await client.query<object>(sql, [...values])).rows;
  };
  expect(await counted(100)).toEqual([{ status: null, count: 0, hasMore: true }]);
  expect(await counted()).toEqual([{ status: null, count: 0, hasMore: false }]);
});

test('what comes before a time of arrival is looked for no later than a day after it', async () => {
  const nodes = await nodesOf(deliveryList({ scope: clientId, arrivedTo: at(5).toISOString() }, first));
  expectIndexOrder(nodes);
  expect(daysRead(nodes)).toEqual([5, 6, 7]);
});

test('deliveries of an event are read by their ids, from their days only', async () => {
  const ids = [idAt(1), idAt(3)];
  const nodes = await nodesOf(deliveryList({ scope: clientId, ids }, first));
  expectIndexOrder(nodes);
  expect(daysRead(nodes)).toEqual([1, 3]);
});

test.each(['oldest', 'newest'] as const)('what waits for a webhook, from the %s on, so many at most', async (from) => {
  const nodes = await nodesOf(waitingScan(webhookId, from));
  expectIndexOrder(nodes);
  expect(nodes.map((node) => node['Node Type'])).toContain('Limit');
  const indexes = nodes.map((node) => node['Index Name'] ?? '').filter((name) => name !== '');
  expect(indexes.filter((name) => !/webhook_id_id_idx|webhook_waiting/.test(name))).toEqual([]);
});

test('what waits for many webhooks and holds them up, so many of each at most', async () => {
  // Heads are sorted: a bounded number of them.
  const nodes = await nodesOf(besideScan([webhookId, seededWebhookId(0, 4)]));
  expect(nodes.map((node) => node['Node Type']).filter((kind) => /Seq Scan|Bitmap/.test(kind))).toEqual([]);
  const ofDeliveries = nodes.filter((node) => node['Relation Name']?.startsWith('delivery_p') === true);
  const indexes = ofDeliveries.map((node) => node['Index Name'] ?? '');
  expect(indexes.filter((name) => !/webhook_id_id_idx|webhook_waiting/.test(name))).toEqual([]);
  // What waits behind a head is looked at among so many, and not passed over until another head comes.
  expect(ofDeliveries.filter(({ Filter }) => Filter?.includes("status = 'failed_retryable'") === true)).toEqual([]);
});

const eventCases: readonly (readonly [string, EventFilter])[] = [
  ['an admin', { scope: null }],
  ['an admin, by type', { scope: null, eventType: 'order.paid' }],
  ['an admin, of a client', { scope: null, clientId }],
  ['an admin, by source', { scope: null, source: '/seed' }],
  ['a client, by subject and decision', { scope: clientId, subject: 'x', decision: ['filtered', 'disabled'] }],
  ['a client', { scope: clientId }],
  ['a client, by type', { scope: clientId, eventType: 'order.paid' }],
  ['a client that does not see every type', { scope: clientId, hasHiddenTypes: true }],
];

test.each(eventCases)('events for %s', async (_owner, filter) => {
  const scans = async (request: PageRequest<string>, times: Partial<EventFilter> = {}) => {
    const nodes = await nodesOf(eventList({ ...filter, ...times }, request));
    // Own events and broadcasts are two lists, put together: that takes a sort of two short pages.
    expectIndexOrder(filter.scope === null ? nodes : nodes.filter((node) => !node['Node Type'].includes('Sort')));
    return daysRead(nodes);
  };
  await scans(first);
  expect(await scans(first, { from: at(4), to: at(2) })).toEqual([3, 4]);
  expect(await scans({ limit: 50, after: idAt(5) })).toEqual([5, 6, 7]);
  expect(Math.max(...(await scans({ limit: 50, after: null, before: idAt(2) })))).toBe(2);
});

describe('a rewind', () => {
  const rewound = { id: webhookId, clientId, isActive: true, filter: null, eventTypes: ['order.*'] };
  /** What is asked of the database, instead of asking it. */
  async function asked(work: (run: Run) => Promise<unknown>): Promise<Plan[]> {
    const statements: { sql: string; values: readonly unknown[] }[] = [];
    const run = (sql: string, values: readonly unknown[] = []) => {
      statements.push({ sql, values });
      return Promise.resolve([]);
    };
    await work(run);
    expect(statements).not.toEqual([]);
    return (await Promise.all(statements.map(nodesOf))).flat();
  }
  const indexesOf = (nodes: readonly Plan[]) => [
    ...new Set(nodes.map((node) => node['Index Name'] ?? '').filter(Boolean)),
  ];

  test.each([null, idAt(3)])('reads the history from where it is (%s), from its days only', async (after) => {
    const range = { from: at(5), before: at(1) };
    const nodes = await asked((run) => pastEventsAfter(run, rewound, range, after));
    // Own events and broadcasts are two lists, put together: that takes a sort of two bounded stretches.
    expectIndexOrder(nodes.filter((node) => !node['Node Type'].includes('Sort')));
    const days = daysRead(nodes);
    expect(Math.max(...days)).toBe(after === null ? 5 : 3);
  });

  test('reads what was held by its index, in order, and what became of it by keys', async () => {
    for (const isKept of [true, false]) {
      const next = await asked((run) => nextHeld(run, webhookId, isKept));
      // Within one moment it is sorted by place.
      expectIndexOrder(next.filter((node) => node['Node Type'] !== 'Incremental Sort'));
      expect(next.map((node) => node['Node Type'])).toContain('Limit');
    }
    for (const work of [
      (run: Run) => newestHeld(run, webhookId),
      (run: Run) => countHeld(run, webhookId, 1_001),
      (run: Run) => removeHeld(run, webhookId, [idAt(1)]),
      (run: Run) => matchedOf(run, webhookId, [idAt(1), idAt(3)]),
      (run: Run) => rewindTarget(run, webhookId, 'rpl_x'),
      (run: Run) => isDefinitionOut(run, webhookId),
    ]) {
      expectIndexOrder(await asked(work));
    }
    expect(indexesOf(await asked((run) => newestHeld(run, webhookId)))).toEqual(['held_event_seq']);
    expect(daysRead(await asked((run) => matchedOf(run, webhookId, [idAt(1), idAt(3)])))).toEqual([1, 3]);
  });
});

test('endpoints that have to prove something are found without a look at the others', async () => {
  const nodes = await nodesOf({ sql: selectDue, values: [new Date()] });
  const ofWebhooks = nodes.filter((node) => node['Relation Name'] === 'webhook');
  expect(ofWebhooks.map((node) => node['Index Name'])).toEqual(['webhook_unverified']);
  // Those that are due are sorted by client and by host: no more than there are.
  expect(nodes.map((node) => node['Node Type']).filter((kind) => /Seq Scan|Bitmap/.test(kind))).toEqual([]);
});

test('filters of the webhooks that take a type, so many webhooks at most', async () => {
  const nodes = await nodesOf(filtersStatement('order.paid', ''));
  const ofWebhooks = nodes.filter((node) => node['Relation Name'] === 'webhook');
  expect(ofWebhooks.map((node) => node['Index Name'])).toEqual(['webhook_pkey']);
  expect(nodes.map((node) => node['Node Type'])).toContain('Limit');
});

test('filters of a type come in portions of a bounded size, each once', async () => {
  await client.query('begin');
  try {
    const { rowCount } = await client.query(`update webhook set filter = repeat('x', 1000), event_types = '["*"]'`);
    const found: string[] = [];
    let after = '';
    for (let isAll = false; !isAll;) {
      const { sql, values } = filtersStatement('order.paid', after, 10_000);
      const { rows } = await client.query<FilterRow>(sql, values);
      expect(rows.length).toBeLessThanOrEqual(10);
      found.push(...rows.map(({ id }) => id));
      const [last] = rows.slice(-1);
      isAll = last === undefined || last.taken === last.looked;
      after = last?.id ?? '';
    }
    expect([found.length, new Set(found).size]).toEqual([rowCount, rowCount]);
  } finally {
    await client.query('rollback');
  }
});

test.each(['delivery', 'event'] as const)(
  'what is older than its own retention of %s, a page of a client or of all',
  async (table) => {
    const [before, upTo] = [at(4), idAt(4)];
    const ofClient = await nodesOf({ sql: oldOfClient(table), values: [clientId, upTo, before] });
    const ofTypes = await nodesOf({ sql: pageOfTypes(table), values: [idAt(6), upTo, before, ['order.paid']] });
    for (const nodes of [ofClient, ofTypes]) {
      expectIndexOrder(nodes);
      expect(daysRead(nodes)).not.toEqual([]);
      expect(Math.min(...daysRead(nodes))).toBeGreaterThanOrEqual(4);
    }
  },
);

test.each(['id', 'trace'] as const)('events by their %s', async (by) => {
  await client.query('set enable_bitmapscan = on; set enable_sort = on');
  const nodes = await nodesOf(eventSearch(by, '4bf92f3577b34da6a3ce929d0e0e4736', clientId, 10));
  await client.query('set enable_bitmapscan = off; set enable_sort = off');
  expect(nodes.map((node) => node['Node Type']).filter((kind) => kind === 'Seq Scan')).toEqual([]);
  const indexes = nodes.map((node) => node['Index Name'] ?? '').filter((name) => name !== '');
  expect(
    indexes.filter(
      (name) =>
        !(by === 'id' ? /event_id|event_type_restricted/ : /event_trace|substr|event_type_restricted/).test(name),
    ),
  ).toEqual([]);
});

test.each([
  ['a client', { scope: clientId }],
  ['a client, of a webhook', { scope: clientId, webhookIds: [webhookId] }],
  ['a client, of webhooks each', { scope: clientId, webhookIds: [webhookId, 'wh_x'], isByWebhook: true }],
  ['an admin', { scope: null }],
])('stats for %s', async (_owner, filter) => {
  await client.query('set enable_bitmapscan = on');
  const nodes = await nodesOf(statsSteps({ ...filter, from: at(1), to: at(0), stepMs: 3_600_000 }));
  await client.query('set enable_bitmapscan = off');
  expect(nodes.map((node) => node['Node Type']).filter((kind) => kind === 'Seq Scan')).toEqual([]);
});

const rejectedFilters: readonly (readonly [string, RejectedEventFilter, string])[] = [
  ['nothing', {}, 'rejected_event_pkey'],
  ['a time', { from: at(4), to: at(2) }, 'rejected_event_pkey'],
  ['a reason', { reason: ['missing_id'] }, 'rejected_event_reason'],
  ['a topic', { sourceTopic: 'shop.orders' }, 'rejected_event_source'],
  [
    'a topic, a reason and a state',
    { sourceTopic: 'shop.orders', reason: ['missing_id'], redrive: ['none'] },
    'rejected_event_source',
  ],
  ['several reasons', { reason: ['missing_id', 'missing_type'] }, 'rejected_event_pkey'],
];

test.each(rejectedFilters)('rejected events, by %s', async (_name, filter, index) => {
  const position = 're_0199c1d2e3f48a5b8c6d9e0f1a2b3c4d';
  for (const request of [first, { limit: 50, after: position }, { limit: 50, after: null, before: position }]) {
    const nodes = await nodesOf(rejectedEventList(filter, request));
    expectIndexOrder(nodes);
    expect(nodes.map((node) => node['Index Name']).filter((name) => name !== undefined)).toEqual([index]);
  }
});
