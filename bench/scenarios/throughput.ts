/** Events for one webhook each, as fast as Kafka takes them: what a delivery costs and how many there are a second. */
import { registerEndpoints } from '../endpoints.ts';
import { atLeast, atMost, memoryFigures } from '../measured.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 20;
const events = 20_000;

export const throughput: Scenario = {
  name: 'throughput',
  summary: `${events} events of 1 KiB for one of ${webhooks} webhooks each, produced as fast as Kafka acknowledges`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const targets = (await registerEndpoints(harness, webhooks)).map(({ target }) => target);
      await harness.warmUp(targets);
      const measured = await harness.measure({ label: 'throughput', events, send: harness.flood(targets) });
      const limit = await harness.rawLimit();
      return {
        series: [measured],
        figures: [
          atLeast(4_000, 'deliveries', measured.perSecond, 'a second'),
          atMost(0.4, 'CPU of all processes', measured.cpuMsPerDelivery ?? 0, 'ms a delivery'),
          { name: 'raw limit', value: limit, unit: 'POSTs a second' },
          atLeast(40, 'of the raw limit', (measured.perSecond / limit) * 100, '%'),
          ...memoryFigures(measured),
        ],
        notes: [],
      };
    }),
};
