/**
 * What tenants feel of hostile neighbours. A large history, many clients and webhooks, two processes of the API and two monitors;
 * some clients do all that is expensive while others read what is theirs. Quiet and hostile stretches take turns, so that both
 * are measured on the same machine in the same minutes.
 */
import { startStep } from '../../stack/terminal.ts';
import { registerEndpoints } from '../endpoints.ts';
import { seededClientId, seededWebhookId, type SeededTenants } from '../history-seed-sql.ts';
import { seedHistory } from '../history-seed.ts';
import { latenciesOf, type Latencies } from '../latencies.ts';
import { atMost, type Figure } from '../measured.ts';
import type {
  BusyQuestions,
  HostileQuestions,
  Reader,
  ReaderQuestions,
  ReadReport,
} from '../processes/neighbour-questions.ts';
import type { Observed, Harness } from '../harness.ts';
import type { Scenario } from '../scenario.ts';
import { Worker } from '../worker.ts';

const usual = { deliveries: 1_000_000, webhooks: 20_000, clients: 100 };
const days = 30;
/** Real ones, for whoever reads outcomes from their beginning. */
const outcomes = 20_000;
const endpoints = 20;
const hostiles = 5;
const readers = 10;
const readsPerSecond = 3;
const stretches = 3;
const stretchMs = 30_000;
const warmUpMs = 10_000;
const slowerMax = 2;

export const neighbours: Scenario = {
  name: 'neighbours',
  summary: `reads of ${readers} tenants beside ${hostiles} hostile ones, with ${usual.deliveries} deliveries, ${usual.webhooks} webhooks and ${usual.clients} clients or as many as are named`,
  run: (bench) => {
    const deliveries = bench.deliveries ?? usual.deliveries;
    const clients = bench.clients ?? usual.clients;
    const webhooksPerClient = Math.ceil((bench.sizes?.at(-1) ?? usual.webhooks) / clients);
    const tenants = { clients, webhooksPerClient };
    return bench.withHarness({ instances: { 'management-api': 2, monitor: 2 } }, async (harness) => {
      const seconds = await seed(harness, deliveries, tenants);
      await deliver(harness);
      const measured = await inTurns(harness, tenants);
      return {
        series: [],
        figures: [{ name: 'seeding', value: seconds, unit: 's' }, ...figuresOf(measured)],
        notes: [
          `${deliveries} deliveries of ${days} days, ${clients * webhooksPerClient} webhooks, ${clients} clients; two processes of the API, two monitors`,
          `Hostile clients were answered ${Object.entries(measured.answers)
            .map(([name, count]) => `${name} (${count})`)
            .join(', ')}`,
          ...notesOf('quiet', measured.quiet),
          ...notesOf('busy', measured.busy),
          ...notesOf('hostile', measured.hostile),
          ...[...measured.quiet, ...measured.hostile].flatMap(({ value }) => value.refused).slice(0, 10),
        ],
      };
    });
  },
};

async function seed(harness: Harness, deliveries: number, tenants: SeededTenants): Promise<number> {
  const step = startStep('History');
  const startedAt = Date.now();
  const { signal } = harness;
  const seeded = { deliveries, days, tenants, signal, onProgress: step.progress };
  await seedHistory(harness.system.env['DATABASE_URL'] ?? '', seeded);
  const seconds = (Date.now() - startedAt) / 1_000;
  step.done(`${deliveries} deliveries in ${seconds.toFixed(0)} s`);
  return seconds;
}

async function deliver(harness: Harness): Promise<void> {
  const targets = (await registerEndpoints(harness, endpoints)).map(({ target }) => target);
  await harness.warmUp(targets, 1, outcomes);
}

type Stretch = Observed<ReadReport>;

interface Stretches {
  readonly quiet: readonly Stretch[];
  /** Beside a process that takes as much processor time as the hostile clients' own took, and asks for nothing. */
  readonly busy: readonly Stretch[];
  readonly hostile: readonly Stretch[];
  readonly answers: Readonly<Record<string, number>>;
}

async function inTurns(harness: Harness, tenants: SeededTenants): Promise<Stretches> {
  const urls = harness.system.of('management-api').map(({ process }) => process.url);
  const reading = new Worker<ReaderQuestions>('readers', 'processes/readers');
  const attacking = new Worker<HostileQuestions>('hostile clients', 'processes/hostiles');
  const idling = new Worker<BusyQuestions>('busy loop', 'processes/busy');
  const workers = [
    { name: 'readers', kind: 'load' as const, pid: reading.pid },
    { name: 'hostile clients', kind: 'load' as const, pid: attacking.pid },
    { name: 'busy loop', kind: 'load' as const, pid: idling.pid },
  ];
  const step = startStep('Reads');
  try {
    const read = await readsOf(harness, tenants);
    const keys = await keysOf(
      harness,
      Array.from({ length: hostiles }, (_, index) => index),
    );
    const clients = keys.map((key, index) => ({ key, webhookId: seededWebhookId(index, 0) }));
    const measure = (ms: number) => reading.ask('read', { urls, readers: read, perSecond: readsPerSecond, ms });
    const observe = (name: string, number: number) =>
      harness.observe(`${name} ${number}`, workers, () => measure(stretchMs));
    step.progress('getting warm');
    await measure(warmUpMs);
    const quiet: Stretch[] = [];
    const busy: Stretch[] = [];
    const hostile: Stretch[] = [];
    const answers: Record<string, number> = {};
    for (let stretch = 1; stretch <= stretches && !harness.signal.aborted; stretch += 1) {
      step.progress(`${stretch} of ${stretches}, quiet`);
      quiet.push(await observe('quiet', stretch));
      step.progress(`${stretch} of ${stretches}, with hostile neighbours`);
      await attacking.ask('begin', { urls, clients });
      const beset = await observe('hostile', stretch);
      hostile.push(beset);
      for (const [name, count] of Object.entries(await attacking.ask('end', null))) {
        answers[name] = (answers[name] ?? 0) + count;
      }
      // What they began ends.
      step.progress(`${stretch} of ${stretches}, over`);
      await measure(warmUpMs);
      step.progress(`${stretch} of ${stretches}, beside a busy loop`);
      const ownMs = beset.usage.find(({ name }) => name === 'hostile clients')?.cpuMs ?? 0;
      await idling.ask('begin', { share: Math.min(1, ownMs / beset.seconds / 1_000) });
      busy.push(await observe('busy', stretch));
      await idling.ask('end', null);
    }
    step.done(`${stretches} stretches of ${stretchMs / 1_000} s, quiet, hostile, and beside a busy loop`);
    return { quiet, busy, hostile, answers };
  } catch (error) {
    step.fail();
    throw error;
  } finally {
    await Promise.all([reading.stop(), attacking.stop(), idling.stop()]);
  }
}

/** The last clients: those that have as much as most do. */
async function readsOf(harness: Harness, { clients }: SeededTenants): Promise<readonly Reader[]> {
  const numbers = Array.from({ length: readers }, (_, index) => clients - 1 - index);
  const keys = await keysOf(harness, numbers);
  return numbers.map((number, index) => {
    const webhook = seededWebhookId(number, 1);
    const paths = [
      '/v1/webhooks',
      '/v1/deliveries',
      '/v1/deliveries?status=failed_permanent',
      `/v1/webhooks/${webhook}`,
      `/v1/webhooks/${webhook}/health`,
      `/v1/webhooks/${webhook}/deliveries`,
      '/v1/events',
      '/v1/stats',
      '/v1/audit',
    ];
    // Each begins elsewhere.
    return {
      key: keys[index] ?? '',
      paths: [...paths.slice(index % paths.length), ...paths.slice(0, index % paths.length)],
    };
  });
}

function keysOf({ system: { api } }: Harness, clients: readonly number[]): Promise<string[]> {
  return Promise.all(
    clients.map(async (client) => {
      const path = `/v1/clients/${seededClientId(client)}/api-keys`;
      return (await api.call<{ key: string }>('POST', path, { name: 'bench', role: 'client' })).key;
    }),
  );
}

function figuresOf({ quiet, busy, hostile }: Stretches): readonly Figure[] {
  const [calm, beside, beset] = [latencies(quiet), latencies(busy), latencies(hostile)];
  const told = (name: string, { count, p50, p95, p99, max }: Latencies): Figure[] => [
    { name: `${name}: reads`, value: count, unit: '' },
    ...Object.entries({ p50, p95, p99, max }).map(([part, value]) => ({ name: `${name}: ${part}`, value, unit: 'ms' })),
  ];
  const refusals = [...quiet, ...busy, ...hostile].reduce((sum, { value }) => sum + value.refused.length, 0);
  return [
    ...told('quiet', calm),
    ...told('beside a busy loop', beside),
    ...told('with hostile neighbours', beset),
    atMost(slowerMax, 'p99 of others’ reads, against the quiet one', beset.p99 / calm.p99, 'times'),
    { name: 'the same, against a busy loop’s', value: beset.p99 / beside.p99, unit: 'times' },
    atMost(0, 'others’ reads that were not answered with 200', refusals, ''),
  ];
}

function latencies(stretches: readonly Stretch[]): Latencies {
  return latenciesOf(Float64Array.from(stretches.flatMap(({ value }) => value.latenciesMs)));
}

/** Share of the time of one processor, by process, and the p99 of each path. */
function notesOf(name: string, stretches: readonly Stretch[]): string[] {
  const seconds = stretches.reduce((sum, stretch) => sum + stretch.seconds, 0);
  const ms = new Map<string, number>();
  for (const { usage } of stretches) for (const one of usage) ms.set(one.name, (ms.get(one.name) ?? 0) + one.cpuMs);
  const shares = [...ms].map(([process, cpuMs]) => [process, cpuMs / seconds / 10] as const);
  const apis = stretches.flatMap(({ usage }) => usage.filter((one) => one.name.startsWith('management-api')));
  const waitedMs = apis.reduce((sum, one) => sum + (one.waitedMs ?? 0), 0);
  const paths = new Map<string, number[]>();
  for (const { value } of stretches) {
    for (const [path, times] of Object.entries(value.byPath)) paths.set(path, [...(paths.get(path) ?? []), ...times]);
  }
  const slowest = [...paths].map(([path, times]) => [path, latenciesOf(Float64Array.from(times)).p99] as const);
  return [
    `${name}, of one processor: ${shares
      .filter(([, share]) => share >= 0.5)
      .sort(([, a], [, b]) => b - a)
      .map(([process, share]) => `${process} ${share.toFixed(0)} %`)
      .join(
        ', ',
      )}; a process of the API was ready and had no processor for ${(waitedMs / seconds / 20).toFixed(0)} % of the time`,
    `${name}, p99 by path: ${slowest
      .sort(([, a], [, b]) => b - a)
      .map(([path, p99]) => `${path} ${p99.toFixed(0)} ms`)
      .join(', ')}`,
  ];
}
