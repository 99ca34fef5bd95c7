/** A trickle of events: how long one takes from the call that produces it to the endpoint. */
import { registerEndpoints } from '../endpoints.ts';
import { atMost } from '../measured.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 20;
const perSecond = 50;
const seconds = 40;

export const latency: Scenario = {
  name: 'latency',
  summary: `${perSecond} events a second for ${seconds} s, one webhook each: from the produce call to the POST`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const targets = (await registerEndpoints(harness, webhooks)).map(({ target }) => target);
      await harness.warmUp(targets);
      const send = harness.pace(targets, perSecond);
      const measured = await harness.measure({ label: 'latency', events: perSecond * seconds, send });
      const limit = await harness.rawLimit();
      return {
        series: [measured],
        figures: [
          atMost(5, 'p50', measured.latencyMs.p50, 'ms'),
          atMost(15, 'p99', measured.latencyMs.p99, 'ms'),
          { name: 'raw limit', value: limit, unit: 'POSTs a second' },
        ],
        notes: ['CPU of a delivery includes what the processes use while nothing is to be done'],
      };
    }),
};
