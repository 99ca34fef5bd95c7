/** Thousands of events at once for one slow endpoint; the load is for healthy ones in its partition alone. */
import { setTimeout as pause } from 'node:timers/promises';
import { partitionOfKey } from '../../libs/kafka/producer/partitioner.ts';
import { topicKeys } from '../../libs/runtime/config-keys.ts';
import { readConfig } from '../../libs/runtime/config.ts';
import { disturbedMax } from '../disturbance.ts';
import { registerEndpoints } from '../endpoints.ts';
import { atMost } from '../measured.ts';
import { eventBytes } from '../harness.ts';
import type { Scenario } from '../scenario.ts';

/** So many that every partition has healthy ones. */
const webhooks = 120;
const burstEvents = 5_000;
const perSecond = 100;
/** As long as the siege, each: what is sent at once keeps its endpoint busy for a quarter of an hour. */
const seconds = 60;
/** How long the healthy load runs before the burst comes. */
const burstAfterSeconds = 3;
/** In which a burst is produced and fanned out. */
const firstSeconds = 2;

export const burst: Scenario = {
  name: 'burst',
  summary: `${burstEvents} events at once for an endpoint that takes 200 ms, beside ${perSecond} a second for healthy ones in its partition`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const endpoints = await registerEndpoints(harness, webhooks);
      const { TOPIC_PARTITIONS: partitions } = readConfig(topicKeys, harness.system.env);
      const [slow, ...others] = endpoints;
      if (slow === undefined) throw new Error('nothing was registered');
      const partition = partitionOfKey(slow.id, partitions);
      const neighbours = others.filter(({ id }) => partitionOfKey(id, partitions) === partition);
      const targets = neighbours.map(({ target }) => target);
      const load = await harness.addLoad();
      await harness.receiver.ask('behave', { webhooks: [slow.number], behaviour: 'slow' });
      await harness.warmUp(targets);
      const told = neighbours.map(({ number }) => number);
      const measure = (label: string, forSeconds: number, atOnce: number, isWarmUp = false) =>
        harness.measure({
          label,
          isWarmUp,
          events: perSecond * forSeconds,
          told,
          send: async (events) => {
            const [produced] = await Promise.all([
              harness.pace(targets, perSecond)(events),
              pause(burstAfterSeconds * 1_000).then(() =>
                load.ask('flood', { events: harness.take(atOnce), targets: [slow.target], bytes: eventBytes }),
              ),
            ]);
            return produced;
          },
        });
      await measure('Warm-up', 5, 100, true);
      const calm = await measure('no burst', seconds, 0);
      const disturbed = await measure('burst', seconds, burstEvents);
      const from = disturbed.events.from + burstAfterSeconds * perSecond;
      const events = { from, to: from + firstSeconds * perSecond };
      const first = await harness.receiver.ask('report', { events, expected: events.to - events.from });
      const limit = await harness.rawLimit();
      return {
        series: [calm, disturbed],
        figures: [
          atMost(disturbedMax, 'p99 against no burst', disturbed.latencyMs.p99 / calm.latencyMs.p99, 'times'),
          { name: 'p50 against no burst', value: disturbed.latencyMs.p50 / calm.latencyMs.p50, unit: 'times' },
          { name: `p99 of the first ${firstSeconds} s of the burst`, value: first.p99, unit: 'ms' },
          { name: `p50 of the first ${firstSeconds} s of the burst`, value: first.p50, unit: 'ms' },
          { name: 'raw limit', value: limit, unit: 'POSTs a second' },
        ],
        notes: [
          `Told are the ${told.length} healthy endpoints of partition ${partition}; CPU of a delivery includes the burst's`,
        ],
      };
    }),
};
