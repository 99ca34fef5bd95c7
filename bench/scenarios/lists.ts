/**
 * How quick lists are with a million deliveries in the history: every combination of filters, first pages and deep ones,
 * for an admin, a large client and a small one. One request at a time, over HTTP, as a person would page.
 */
import { encodeCursor } from '../../libs/api-contract/cursor.ts';
import type { ApiClient } from '../../stack/api-client.ts';
import { startStep } from '../../stack/terminal.ts';
import { rareEventType, seededClientId, seededWebhookId } from '../history-seed-sql.ts';
import { seedHistory } from '../history-seed.ts';
import { latenciesOf } from '../latencies.ts';
import { atMost, type Figure } from '../measured.ts';
import type { Harness } from '../harness.ts';
import type { Scenario } from '../scenario.ts';
import { dayMs } from '../../libs/domain/day.ts';

const deliveries = Number(process.env['LISTS_DELIVERIES'] ?? 1_000_000);
const days = 30;
const asks = 25;
const warmUpAsks = 3;
const p95MsMax = 50;
/** A part of the name of each list that is asked; all of them. */
const only = process.env['LISTS_ONLY'] ?? '';

export const lists: Scenario = {
  name: 'lists',
  summary: `lists of the API with ${deliveries} deliveries in the history, by filter and page`,
  run: (bench) =>
    bench.withHarness({ env: { API_RATE_LIMIT_PER_SECOND: '10000' } }, async (harness) => {
      const seconds = await seed(harness);
      const callers = await callersOf(harness);
      const figures: Figure[] = [{ name: 'seeding', value: seconds, unit: 's' }];
      for (const caller of callers) figures.push(...(await ask(caller)));
      const worst = Math.max(...figures.filter(({ target }) => target !== undefined).map(({ value }) => value));
      figures.push(atMost(p95MsMax, 'the slowest list', worst, 'ms'));
      return { series: [], figures, notes: [] };
    }),
};

async function seed(harness: Harness): Promise<number> {
  const step = startStep('History');
  const startedAt = Date.now();
  const { signal } = harness;
  await seedHistory(harness.system.env['DATABASE_URL'] ?? '', { deliveries, days, signal, onProgress: step.progress });
  const seconds = (Date.now() - startedAt) / 1_000;
  step.done(`${deliveries} deliveries in ${seconds.toFixed(0)} s`);
  return seconds;
}

interface Caller {
  readonly name: string;
  readonly api: ApiClient;
  /** Whose webhooks it names in filters. */
  readonly client: number;
  readonly isAdmin: boolean;
}

async function callersOf({ system: { api } }: Harness): Promise<readonly Caller[]> {
  const clientOf = async (name: string, client: number): Promise<Caller> => {
    const path = `/v1/clients/${seededClientId(client)}/api-keys`;
    const { key } = await api.call<{ key: string }>('POST', path, { name: 'bench', role: 'client' });
    return { name, client, api: api.as(key), isAdmin: false };
  };
  return [
    { name: 'admin', api, client: 0, isAdmin: true },
    await clientOf('large client', 0),
    await clientOf('client without failures', 1),
    await clientOf('small client', 7),
  ];
}

/** A list: what it is called, its path with what it is filtered by. */
type List = readonly [name: string, path: (at: number) => string];

async function ask(caller: Caller): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, path] of listsOf(caller).filter(([name]) => name.includes(only))) {
    for (const [page, cursor] of pagesOf(path(0))) {
      const times: number[] = [];
      for (let index = -warmUpAsks; index < asks; index += 1) {
        const url = `${path(index)}${cursor(index)}`;
        const startedAt = performance.now();
        await caller.api.call('GET', url);
        if (index >= 0) times.push(performance.now() - startedAt);
      }
      const { p50, p95 } = latenciesOf(Float64Array.from(times));
      const label = `${caller.name}: ${name}${page}, p95 (p50 ${p50.toFixed(1)})`;
      // Charts and counts are no lists: they are told beside.
      const isList = !/^(stats|count)/.test(name);
      figures.push(isList ? atMost(p95MsMax, label, p95, 'ms') : { name: label, value: p95, unit: 'ms' });
      process.stdout.write(`  ${label} ${p95.toFixed(1)} ms\n`);
    }
  }
  return figures;
}

function listsOf({ client, isAdmin }: Caller): readonly List[] {
  const now = Date.now();
  const webhook = (at: number) => seededWebhookId(client, Math.abs(at) % 10);
  const day = (at: number, width: number) => {
    const from = now - (2 + (Math.abs(at) % 20)) * dayMs;
    return `from=${new Date(from).toISOString()}&to=${new Date(from + width * dayMs).toISOString()}`;
  };
  const eventId = (at: number) => `seed-${Math.floor(now / dayMs) - (Math.abs(at) % days)}-${1 + Math.abs(at)}`;
  const deliveryLists: readonly List[] = [
    ['all', () => ''],
    ['delivered', () => 'status=delivered'],
    ['failed', () => 'status=failed_permanent'],
    ['retrying', () => 'status=failed_retryable'],
    ['pending', () => 'status=pending'],
    ['a type', () => 'eventType=order.paid'],
    ['a rare type', () => `eventType=${rareEventType}`],
    ['a type, failed', () => 'eventType=order.paid&status=failed_permanent'],
    ['a rare type, failed', () => `eventType=${rareEventType}&status=failed_permanent`],
    ['an event', (at) => `eventId=${eventId(at)}`],
    ['a day', (at) => day(at, 1)],
    ['a week', (at) => day(at, 7)],
    ['a day, failed', (at) => `${day(at, 1)}&status=failed_permanent`],
    ['a day, a type', (at) => `${day(at, 1)}&eventType=order.paid`],
    ['a webhook', (at) => `webhookId=${webhook(at)}`],
    ['a webhook, failed', (at) => `webhookId=${webhook(at)}&status=failed_permanent`],
    ['a webhook, pending', (at) => `webhookId=${webhook(at)}&status=pending`],
    ['a webhook, a type', (at) => `webhookId=${webhook(at)}&eventType=order.paid`],
    ['a webhook, a rare type', (at) => `webhookId=${webhook(at)}&eventType=${rareEventType}`],
    ['a webhook, a day', (at) => `webhookId=${webhook(at)}&${day(at, 1)}`],
    ...(isAdmin ? listsOfAdmin(client, webhook) : []),
  ];
  return [
    ...deliveryLists.map(([name, query]): List => [`deliveries, ${name}`, (at) => `/v1/deliveries?${query(at)}`]),
    ['250 deliveries', () => '/v1/deliveries?limit=250'],
    ['deliveries of a webhook', (at) => `/v1/webhooks/${webhook(at)}/deliveries?`],
    ['events, all', () => '/v1/events?'],
    ['events, a type', () => '/v1/events?type=order.paid'],
    ['events, a rare type', () => `/v1/events?type=${rareEventType}`],
    ['events, a day', (at) => `/v1/events?${day(at, 1)}`],
    ...traits(now).map(([name, query]): List => [`deliveries by ${name}`, () => `/v1/deliveries?${query}`]),
    ...traits(now).map(([name, query]): List => [
      `deliveries of a webhook by ${name}`,
      (at) => `/v1/webhooks/${webhook(at)}/deliveries?${query}`,
    ]),
    ...traits(now).map(([name, query]): List => [`count by ${name}`, () => `/v1/deliveries/count?${query}`]),
    ...eventTraits.map(([name, query]): List => [`events by ${name}`, () => `/v1/events?${query}`]),
    ['events with decisions and data', () => '/v1/events?include=decisions&include=data'],
    ['audit', () => '/v1/audit?'],
    ['stats of a day', () => '/v1/stats?'],
    ['stats of 30 days', () => `/v1/stats?bucket=1d&from=${new Date(now - 29 * dayMs).toISOString()}`],
    ['stats of 31 days, by the hour', () => `/v1/stats?bucket=1h&from=${new Date(now - 30.9 * dayMs).toISOString()}`],
    ['stats of a webhook', (at) => `/v1/stats?webhookId=${webhook(at)}`],
  ];
}

/** No index serves these: each once as one that much fits, and once as one that nothing fits, which looks at all that a page may. */
function traits(now: number): readonly (readonly [name: string, query: string])[] {
  const week = new Date(now - 7 * dayMs).toISOString();
  return [
    ['states', 'status=failed_permanent&status=failed_retryable'],
    ['reason', 'reason=exhausted'],
    ['reason, failed', 'reason=exhausted&status=failed_permanent'],
    ['reason, none', 'reason=expired'],
    ['code', 'responseCode=4xx&responseCode=503'],
    ['code, all', 'responseCode=2xx'],
    ['code, none', 'responseCode=404'],
    ['kind of error, none', 'errorKind=timeout'],
    ['kind', 'kind=event'],
    ['kind, none', 'kind=test'],
    ['trigger', 'trigger=retry'],
    ['trigger, none', 'trigger=manual'],
    ['attempts', 'attempts=2..'],
    ['attempts, none', 'attempts=7..'],
    ['attempt from', `attemptedFrom=${week}`],
    ['attempt to', `attemptedTo=${week}`],
    ['arrival from', `arrivedFrom=${week}`],
    ['arrival to', `arrivedTo=${week}`],
    ['all of them, none', `reason=expired&responseCode=5xx&kind=event&trigger=retry&attempts=2..&arrivedTo=${week}`],
  ];
}

const eventTraits = [
  ['source', 'source=/seed'],
  ['source, none', 'source=/other'],
  ['subject, none', 'subject=order-1'],
  ['decision', 'decision=matched'],
  ['decision, none', 'decision=filtered&decision=disabled'],
] as const;

/** An admin may name a client, also one that has few deliveries or none of a kind. */
function listsOfAdmin(client: number, webhook: (at: number) => string): readonly List[] {
  return [
    ['a client', () => `clientId=${seededClientId(7)}`],
    ['a client, failed', () => `clientId=${seededClientId(1)}&status=failed_permanent`],
    ['a client and its webhook', (at) => `clientId=${seededClientId(client)}&webhookId=${webhook(at)}`],
    [
      'a client and its webhook, failed',
      (at) => `clientId=${seededClientId(client)}&webhookId=${webhook(at)}&status=failed_permanent`,
    ],
  ];
}

/** The first page; of lists over all days, pages from the middle and from the end, forwards and backwards. */
function pagesOf(path: string): readonly (readonly [name: string, cursor: (at: number) => string])[] {
  const first = ['', () => ''] as const;
  const isWalked = /^\/v1\/(deliveries|events|webhooks)/.test(path) && !/eventId=|from=|\/count/.test(path);
  if (!isWalked) return [first];
  const now = Date.now();
  const at = (daysAgo: number, index: number) => {
    const time = (now - daysAgo * dayMs - Math.abs(index) * 61_000).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-8000-8000-000000000000`;
  };
  return [
    first,
    [', deep', (index) => `&cursor=${encodeCursor([at(15, index)])}`],
    [', back', (index) => `&cursor=${encodeCursor([at(15, index), 'before'])}`],
    [', at its end', (index) => `&cursor=${encodeCursor([at(28.5, index)])}`],
  ];
}
