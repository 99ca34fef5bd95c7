/**
 * What a fresh system does with what users begin with: single events over HTTP and from Kafka, fan-out, quiet hours, and the way
 * back after all apps were killed. Each part has a system of its own, warmed up with twenty deliveries, beside the
 * yardstick of its minute: raw POSTs by undici to the same receiver.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { registerEndpoints } from '../endpoints.ts';
import { atLeast, atMost, type Figure, type Measured } from '../measured.ts';
import type { Target } from '../processes/load-questions.ts';
import type { Harness } from '../harness.ts';
import type { Scenario } from '../scenario.ts';
import { httpSender } from './http.ts';

export const freshParts = ['http', 'kafka', 'fanout', 'quiet', 'kill'] as const;
export type FreshPart = (typeof freshParts)[number];

const webhooks = 20;
const warmUpDeliveries = 20;
const atATime = 64;
const events = 5_000;
const manyType = 'bench.all';
const quietSeconds = 20;
const killed = { perSecond: 200, seconds: 20, afterMs: 8_000 };

/** What a part measured, and the POSTs a second that undici alone brought to the same receiver in the same minute. */
interface Part {
  readonly name: FreshPart;
  readonly series: readonly Measured[];
  readonly yardstick: number;
}

export const fresh: Scenario = {
  name: 'fresh',
  summary: `a fresh system (--parts ${freshParts.join(',')}): single events ${atATime} at a time, quiet hours, kill -9 of all apps`,
  run: async (bench) => {
    const parts: Part[] = [];
    for (const name of freshParts.filter((part) => bench.parts?.includes(part) ?? true)) {
      await bench.withHarness({}, async (harness) => {
        parts.push({ name, series: await measureOf[name](harness), yardstick: await harness.rawLimit() });
      });
    }
    return {
      series: parts.flatMap(({ series }) => series),
      figures: parts.flatMap((part) => figuresOf(part, parts)),
      notes: [
        'each part has a system of its own: fresh is what comes first on it, after 20 deliveries; warm comes second',
      ],
    };
  },
};

const measureOf: Readonly<Record<FreshPart, (harness: Harness) => Promise<readonly Measured[]>>> = {
  http: async (harness) => {
    const targets = await ownTargets(harness);
    const single = httpSender(harness, targets, atATime, 1);
    const lists = httpSender(harness, targets, atATime, 100);
    return [
      await harness.measure({ label: 'HTTP, fresh', events, send: single }),
      await harness.measure({ label: 'HTTP, warm', events, send: single }),
      await harness.measure({ label: 'HTTP, 100 a request', events: 2 * events, send: lists }),
    ];
  },
  kafka: async (harness) => {
    const send = harness.loop(await ownTargets(harness), atATime);
    return [
      await harness.measure({ label: 'Kafka, fresh', events, send }),
      await harness.measure({ label: 'Kafka, warm', events, send }),
    ];
  },
  fanout: async (harness) => {
    const endpoints = await registerEndpoints(harness, webhooks, () => ({ eventTypes: [manyType] }));
    const targets = [{ clientId: endpoints[0]?.target.clientId ?? '', type: manyType }];
    await harness.warmUp(targets, webhooks, warmUpDeliveries);
    const run = { events: events / webhooks, perEvent: webhooks, send: harness.loop(targets, atATime) };
    return [await harness.measure({ label: 'fan-out to 20, fresh', ...run })];
  },
  quiet: async (harness) => {
    const targets = await ownTargets(harness);
    const series: Measured[] = [];
    for (const perSecond of [50, 200]) {
      const send = harness.pace(targets, perSecond);
      series.push(await harness.measure({ label: `${perSecond}/s`, events: perSecond * quietSeconds, send }));
    }
    return series;
  },
  kill: async (harness) => {
    const targets = await ownTargets(harness);
    const send = harness.pace(targets, killed.perSecond);
    const measured = await harness.measure({
      label: 'all apps killed',
      events: killed.perSecond * killed.seconds,
      // What was posted and not told of before the kill has no outcome, so nobody can say when the history is complete.
      isHistoryAwaited: false,
      send: async (range) => {
        const [produced] = await Promise.all([send(range), killAllOnce(harness)]);
        return produced;
      },
    });
    // Of processes that are gone.
    return [{ ...measured, cpuMsPerDelivery: null, usage: [] }];
  },
};

async function ownTargets(harness: Harness): Promise<readonly Target[]> {
  const targets = (await registerEndpoints(harness, webhooks)).map(({ target }) => target);
  await harness.warmUp(targets, 1, warmUpDeliveries);
  return targets;
}

async function killAllOnce(harness: Harness): Promise<void> {
  await pause(killed.afterMs);
  if (harness.signal.aborted) return;
  await Promise.all(harness.system.apps.map(({ process }) => process.kill('SIGKILL')));
  for (const { process } of harness.system.apps) process.start();
}

function figuresOf({ name, series, yardstick }: Part, all: readonly Part[]): Figure[] {
  const [first, second, third] = series;
  const share = (measured: Measured | undefined) => ((measured?.perSecond ?? 0) / yardstick) * 100;
  const cpu = (measured: Measured | undefined) => measured?.cpuMsPerDelivery ?? 0;
  const figures: Figure[] = [{ name: `${name}: yardstick`, value: yardstick, unit: 'POSTs a second' }];
  switch (name) {
    case 'http':
      figures.push(atLeast(14, 'HTTP, single events, fresh', share(first), '% of the yardstick'));
      figures.push({ name: 'HTTP, single events, warm', value: share(second), unit: '% of the yardstick' });
      figures.push({ name: 'HTTP, 100 a request', value: share(third), unit: '% of the yardstick' });
      break;
    case 'kafka': {
      const overHttp = all.find((part) => part.name === 'http')?.series[0];
      figures.push(atLeast(20, 'Kafka, single records, fresh', share(first), '% of the yardstick'));
      figures.push(atLeast(25, 'Kafka, single records, warm', share(second), '% of the yardstick'));
      if (overHttp !== undefined) {
        figures.push(atMost(1.3, 'CPU over HTTP', cpu(overHttp) / cpu(first), 'times that from Kafka'));
      }
      break;
    }
    case 'fanout':
      figures.push(atLeast(30, 'fan-out to 20, fresh', share(first), '% of the yardstick'));
      break;
    case 'quiet':
      figures.push(
        atMost(3, '50/s: p50', first?.latencyMs.p50 ?? 0, 'ms'),
        atMost(18, '50/s: p99', first?.latencyMs.p99 ?? 0, 'ms'),
        atMost(30, '200/s: p99', second?.latencyMs.p99 ?? 0, 'ms'),
        { name: '50/s: CPU of all processes', value: cpu(first), unit: 'ms a delivery' },
        { name: '200/s: CPU of all processes', value: cpu(second), unit: 'ms a delivery' },
      );
      break;
    case 'kill':
      figures.push(atMost(3, 'longest wait after kill -9 of all apps', (first?.latencyMs.max ?? 0) / 1_000, 's'));
      break;
  }
  return figures;
}
