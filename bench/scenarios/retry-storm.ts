/** Many endpoints are down at the same time and come back: how long until what waited is delivered, and who felt it. */
import { setTimeout as pause } from 'node:timers/promises';
import { registerEndpoints } from '../endpoints.ts';
import { nowMs } from '../clock.ts';
import { Stopped } from '../../stack/failure.ts';
import type { Scenario } from '../scenario.ts';

const down = 200;
const healthy = 50;
/** The same for each endpoint, so 200 of these a second are for those that are down. */
const perSecond = 250;
const calmSeconds = 15;
const downSeconds = 30;
/** The load of the healthy ones goes on so long after the others came back. */
const drainSeconds = 45;
const drainDeadlineMs = 150_000;
const retryPolicy = { maxAttempts: 20, baseDelayMs: 5_000, maxDelayMs: 10_000, backoffFactor: 2 };

export const retryStorm: Scenario = {
  name: 'retry-storm',
  summary: `${down} endpoints answer 500 for ${downSeconds} s at 200 events a second, then come back: time to drain, and what ${healthy} healthy ones felt`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const endpoints = await registerEndpoints(harness, down + healthy, () => ({ retryPolicy }));
      const targets = endpoints.map(({ target }) => target);
      const healthyOnes = endpoints.slice(down);
      const told = healthyOnes.map(({ number }) => number);
      const stormy = endpoints.slice(0, down).map(({ number }) => number);
      const healthyPerSecond = (perSecond * healthy) / (down + healthy);
      await harness.warmUp(targets);
      const calm = await harness.measure({
        label: 'all well',
        events: perSecond * calmSeconds,
        told,
        expected: healthyPerSecond * calmSeconds,
        send: harness.pace(targets, perSecond),
      });
      const stormEvents = perSecond * downSeconds;
      const drainEvents = healthyPerSecond * drainSeconds;
      const stormDeliveries = (stormEvents * down) / (down + healthy);
      let drainMs = 0;
      let backAtMs = 0;
      const storm = await harness.measure({
        label: 'storm and drain',
        events: stormEvents + drainEvents,
        told,
        expected: stormEvents - stormDeliveries + drainEvents,
        send: async ({ from, to }) => {
          const turn = from + stormEvents;
          await harness.receiver.ask('behave', { webhooks: stormy, behaviour: 'failing' });
          const produced = await harness.pace(targets, perSecond)({ from, to: turn });
          await harness.receiver.ask('behave', { webhooks: stormy, behaviour: 'quick' });
          backAtMs = nowMs();
          await harness.pace(
            healthyOnes.map(({ target }) => target),
            healthyPerSecond,
          )({ from: turn, to });
          return produced;
        },
        afterwards: async () => {
          const deadlineMs = nowMs() + drainDeadlineMs;
          while (nowMs() < deadlineMs) {
            const { othersAccepted, lastOtherAtMs } = await harness.receiver.ask('progress', null);
            drainMs = lastOtherAtMs - backAtMs;
            if (othersAccepted >= stormDeliveries) return;
            if (harness.signal.aborted) throw new Stopped();
            await pause(200);
          }
        },
      });
      const { othersAccepted } = await harness.receiver.ask('progress', null);
      return {
        series: [calm, storm],
        figures: [
          { name: 'deliveries that waited', value: stormDeliveries, unit: '' },
          { name: 'of them delivered in the end', value: othersAccepted, unit: '' },
          { name: 'from the endpoints being back to the last of them', value: drainMs / 1_000, unit: 's' },
          {
            name: 'p99 of healthy ones against all well',
            value: storm.latencyMs.p99 / calm.latencyMs.p99,
            unit: 'times',
          },
          { name: 'raw limit', value: await harness.rawLimit(), unit: 'POSTs a second' },
        ],
        notes: [
          `Told are the ${healthy} healthy endpoints, during the storm and the drain; CPU of a delivery includes those of the others`,
          `Retries after 5 s, then every 10 s, with jitter; breakers as in production`,
        ],
      };
    }),
};
