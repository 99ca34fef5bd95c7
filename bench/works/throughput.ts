/** Events for one webhook each, as fast as Kafka takes them: what a delivery costs and how many there are a second. */
import { registerEndpoints } from '../endpoints.ts';
import type { Work } from '../work.ts';

const webhooks = 20;
const warmUpEvents = 1_000;
const events = 20_000;
const bytes = 1_024;

export const throughput: Work = {
  name: 'throughput',
  summary: `${events} events of 1 KiB for one of ${webhooks} webhooks each, produced as fast as Kafka acknowledges`,
  run: (bench) =>
    bench.withRig({}, async (rig) => {
      const { clientId } = await registerEndpoints(rig, webhooks, (number) => ({ eventTypes: [`bench.w${number}`] }));
      const send = (range: { from: number; to: number }) =>
        rig.load.ask('flood', { clientId, events: range, type: 'bench.w', count: webhooks, bytes });
      await rig.measure({ label: 'warm-up', events: warmUpEvents, send });
      const measured = await rig.measure({ label: 'throughput', events, send });
      const limit = await rig.rawLimit(bytes);
      return {
        series: [measured],
        figures: [
          { name: 'raw limit', value: limit, unit: 'POSTs/s' },
          { name: 'of the raw limit', value: (measured.perSecond / limit) * 100, unit: '%' },
        ],
        notes: [`${warmUpEvents} events before it, unmeasured`],
      };
    }),
};
