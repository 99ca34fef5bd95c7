/** Events for many webhooks each: what a delivery costs when its event is shared. */
import { registerEndpoints } from '../endpoints.ts';
import { atLeast, atMost } from '../measured.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 20;
const events = 1_000;
const type = 'bench.all';

export const fanout: Scenario = {
  name: 'fanout',
  summary: `${events} events of 1 KiB for ${webhooks} webhooks each, produced as fast as Kafka acknowledges`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const endpoints = await registerEndpoints(harness, webhooks, () => ({ eventTypes: [type] }));
      const targets = [{ clientId: endpoints[0]?.target.clientId ?? '', type }];
      await harness.warmUp(targets, webhooks);
      const send = harness.flood(targets);
      const measured = await harness.measure({ label: 'fan-out', events, perEvent: webhooks, send });
      const limit = await harness.rawLimit();
      return {
        series: [measured],
        figures: [
          atLeast(5_000, 'deliveries', measured.perSecond, 'a second'),
          atMost(0.3, 'CPU of all processes', measured.cpuMsPerDelivery ?? 0, 'ms a delivery'),
          { name: 'raw limit', value: limit, unit: 'POSTs a second' },
          atLeast(40, 'of the raw limit', (measured.perSecond / limit) * 100, '%'),
        ],
        notes: [],
      };
    }),
};
