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
import type { HostileQuestions, Reader, ReaderQuestions, ReadReport } from '../processes/neighbour-questions.ts';
import type { Rig } from '../rig.ts';
import type { Work } from '../work.ts';
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

export const neighbours: Work = {
  name: 'neighbours',
  summary: `reads of ${readers} tenants beside ${hostiles} hostile ones, with ${usual.deliveries} deliveries, ${usual.webhooks} webhooks and ${usual.clients} clients or as many as are named`,
  run: (bench) => {
    const deliveries = bench.deliveries ?? usual.deliveries;
    const clients = bench.clients ?? usual.clients;
    const webhooksPerClient = Math.ceil((bench.sizes?.at(-1) ?? usual.webhooks) / clients);
    const tenants = { clients, webhooksPerClient };
    return bench.withRig({ instances: { 'management-api': 2, monitor: 2 } }, async (rig) => {
      const seconds = await seed(rig, deliveries, tenants);
      await deliver(rig);
      const measured = await inTurns(rig, tenants);
      return {
        series: [],
        figures: [{ name: 'seeding', value: seconds, unit: 's' }, ...figuresOf(measured)],
        notes: [
          `${deliveries} deliveries of ${days} days, ${clients * webhooksPerClient} webhooks, ${clients} clients; two processes of the API, two monitors`,
          `Hostile clients were answered ${Object.entries(measured.answers)
            .map(([name, count]) => `${name} (${count})`)
            .join(', ')}`,
          ...[...measured.quiet, ...measured.hostile].flatMap(({ refused }) => refused).slice(0, 10),
        ],
      };
    });
  },
};

async function seed(rig: Rig, deliveries: number, tenants: SeededTenants): Promise<number> {
  const step = startStep('History');
  const startedAt = Date.now();
  const { signal } = rig;
  const seeded = { deliveries, days, tenants, signal, onProgress: step.progress };
  await seedHistory(rig.system.env['DATABASE_URL'] ?? '', seeded);
  const seconds = (Date.now() - startedAt) / 1_000;
  step.done(`${deliveries} deliveries in ${seconds.toFixed(0)} s`);
  return seconds;
}

async function deliver(rig: Rig): Promise<void> {
  const targets = (await registerEndpoints(rig, endpoints)).map(({ target }) => target);
  await rig.warmUp(targets, 1, outcomes);
}

interface Stretches {
  readonly quiet: readonly ReadReport[];
  readonly hostile: readonly ReadReport[];
  readonly answers: Readonly<Record<string, number>>;
}

async function inTurns(rig: Rig, tenants: SeededTenants): Promise<Stretches> {
  const urls = rig.system.of('management-api').map(({ process }) => process.url);
  const reading = new Worker<ReaderQuestions>('readers', 'processes/readers');
  const attacking = new Worker<HostileQuestions>('hostile clients', 'processes/hostiles');
  const step = startStep('Reads');
  try {
    const read = await readsOf(rig, tenants);
    const keys = await keysOf(
      rig,
      Array.from({ length: hostiles }, (_, index) => index),
    );
    const clients = keys.map((key, index) => ({ key, webhookId: seededWebhookId(index, 0) }));
    const measure = (ms: number) => reading.ask('read', { urls, readers: read, perSecond: readsPerSecond, ms });
    step.progress('getting warm');
    await measure(warmUpMs);
    const quiet: ReadReport[] = [];
    const hostile: ReadReport[] = [];
    const answers: Record<string, number> = {};
    for (let stretch = 1; stretch <= stretches && !rig.signal.aborted; stretch += 1) {
      step.progress(`${stretch} of ${stretches}, quiet`);
      quiet.push(await measure(stretchMs));
      step.progress(`${stretch} of ${stretches}, with hostile neighbours`);
      await attacking.ask('begin', { urls, clients });
      hostile.push(await measure(stretchMs));
      for (const [name, count] of Object.entries(await attacking.ask('end', null))) {
        answers[name] = (answers[name] ?? 0) + count;
      }
      // What they began ends.
      step.progress(`${stretch} of ${stretches}, over`);
      await measure(warmUpMs);
    }
    step.done(`${stretches} stretches of ${stretchMs / 1_000} s, quiet and hostile`);
    return { quiet, hostile, answers };
  } catch (error) {
    step.fail();
    throw error;
  } finally {
    await Promise.all([reading.stop(), attacking.stop()]);
  }
}

/** The last clients: those that have as much as most do. */
async function readsOf(rig: Rig, { clients }: SeededTenants): Promise<readonly Reader[]> {
  const numbers = Array.from({ length: readers }, (_, index) => clients - 1 - index);
  const keys = await keysOf(rig, numbers);
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

function keysOf({ system: { api } }: Rig, clients: readonly number[]): Promise<string[]> {
  return Promise.all(
    clients.map(async (client) => {
      const path = `/v1/clients/${seededClientId(client)}/api-keys`;
      return (await api.call<{ key: string }>('POST', path, { name: 'bench', role: 'client' })).key;
    }),
  );
}

function figuresOf({ quiet, hostile }: Stretches): readonly Figure[] {
  const [calm, beset] = [latencies(quiet), latencies(hostile)];
  const told = (name: string, { count, p50, p95, p99, max }: Latencies): Figure[] => [
    { name: `${name}: reads`, value: count, unit: '' },
    ...Object.entries({ p50, p95, p99, max }).map(([part, value]) => ({ name: `${name}: ${part}`, value, unit: 'ms' })),
  ];
  const refusals = [...quiet, ...hostile].reduce((sum, { refused }) => sum + refused.length, 0);
  return [
    ...told('quiet', calm),
    ...told('with hostile neighbours', beset),
    atMost(slowerMax, 'p99 of others’ reads, against the quiet one', beset.p99 / calm.p99, 'times'),
    atMost(0, 'others’ reads that were not answered with 200', refusals, ''),
  ];
}

function latencies(reports: readonly ReadReport[]): Latencies {
  return latenciesOf(Float64Array.from(reports.flatMap(({ latenciesMs }) => latenciesMs)));
}
