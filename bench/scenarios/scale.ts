/** More dispatchers, and a thousand times as many webhooks: what becomes of the cost of a delivery, and of memory. */
import { broadcast } from '../broadcast.ts';
import { registerEndpoints, untilKnown } from '../endpoints.ts';
import { addWebhooks, targetOf } from '../many-webhooks.ts';
import { atMost, type Figure, type Measured, type ScenarioResult } from '../measured.ts';
import { memoryOf } from '../process-usage.ts';
import type { Harness } from '../harness.ts';
import type { Bench, Scenario } from '../scenario.ts';

const dispatchersMax = 3;
const webhooksOfDispatchers = 60;
const webhookCounts = [100, 1_000, 10_000, 100_000];
const events = 20_000;
/** Events are for so many different webhooks at most, evenly spread over all. */
const targetsMax = 10_000;
const growthMax = 1.2;
const broadcastBytes = 32 * 1_024;

export const scale: Scenario = {
  name: 'scale',
  summary: `${events} events with 1 to ${dispatchersMax} dispatchers, and with 100 to 100,000 webhooks, and a broadcast to all of them`,
  run: async (bench) => {
    if (bench.sizes !== null) return withMoreWebhooks(bench, bench.sizes);
    const dispatchers = await withMoreDispatchers(bench);
    const webhooks = await withMoreWebhooks(bench, webhookCounts);
    return {
      series: [...dispatchers.series, ...webhooks.series],
      figures: [...dispatchers.figures, ...webhooks.figures],
      notes: [...dispatchers.notes, ...webhooks.notes],
    };
  },
};

function withMoreDispatchers(bench: Bench): Promise<ScenarioResult> {
  return bench.withHarness({}, async (harness) => {
    const targets = (await registerEndpoints(harness, webhooksOfDispatchers)).map(({ target }) => target);
    const series: Measured[] = [];
    for (let count = 1; count <= dispatchersMax; count += 1) {
      if (count > 1) {
        await harness.system.addApps('dispatcher', 1, harness.signal);
        await untilKnown(harness, webhooksOfDispatchers);
      }
      await harness.warmUp(targets);
      const label = `${count} ${count === 1 ? 'dispatcher' : 'dispatchers'}`;
      series.push(await harness.measure({ label, events, send: harness.flood(targets) }));
    }
    return { series, figures: [], notes: ['All dispatchers share this machine with everything else'] };
  });
}

/**
 * Twice the same load: at first the webhooks with events are met for the first time since they were put there (secrets
 * opened, rows of health and statistics made), then they are known.
 */
function withMoreWebhooks(bench: Bench, counts: readonly number[]): Promise<ScenarioResult> {
  return bench.withHarness({}, async (harness) => {
    const series: Measured[] = [];
    const figures: Figure[] = [];
    let there = 0;
    const known: Measured[] = [];
    for (const count of counts) {
      await addWebhooks(harness, { from: there, to: count });
      there = count;
      const targets = Array.from({ length: Math.min(count, targetsMax) }, (_, index) =>
        targetOf(Math.floor((index * count) / Math.min(count, targetsMax))),
      );
      if (there === counts[0]) await harness.warmUp(targets);
      const label = `${count} webhooks`;
      const first = await harness.measure({ label: `${label}, first met`, events, send: harness.flood(targets) });
      const again = await harness.measure({ label, events, send: harness.flood(targets) });
      series.push(first, again);
      known.push(again);
      for (const app of ['fanout', 'dispatcher'] as const) {
        figures.push({ name: `${label}: memory of ${app}`, value: megabytesOf(harness, app), unit: 'MB' });
      }
    }
    const costOf = (measured: Measured | undefined) => measured?.cpuMsPerDelivery ?? 0;
    const [fewest, most] = [counts[0] ?? 0, counts.at(-1) ?? 0];
    const against = `with ${most} webhooks against ${fewest}`;
    figures.push(atMost(growthMax, `CPU of a delivery ${against}`, costOf(known.at(-1)) / costOf(known[0]), 'times'), {
      name: `the same, of webhooks first met`,
      value: costOf(series.at(-2)) / costOf(known[0]),
      unit: 'times',
    });
    figures.push({ name: 'raw limit', value: await harness.rawLimit(), unit: 'POSTs a second' });
    // The last thing that is done here: nobody waits for its deliveries.
    const { seconds, peakBytes, loopDelayMs } = await broadcast(harness, most, broadcastBytes);
    const told = `a broadcast of 32 KiB to ${most} webhooks`;
    figures.push(
      { name: `${told}, until it is fanned out`, value: seconds, unit: 's' },
      atMost(400, `${told}: memory of fanout`, peakBytes / 1_000_000, 'MB'),
      atMost(1_000, `${told}: longest step of fanout, at most`, loopDelayMs ?? Infinity, 'ms'),
    );
    return { series, figures, notes: [] };
  });
}

function megabytesOf(harness: Harness, app: 'fanout' | 'dispatcher'): number {
  const pids = harness.system.of(app).map(({ process }) => process.pid ?? 0);
  return (memoryOf(pids) ?? 0) / 1_000_000;
}
