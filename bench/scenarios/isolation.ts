/** Ten of a hundred endpoints have trouble, and the others must not feel it. */
import { measureDisturbance } from '../disturbance.ts';
import { registerEndpoints } from '../endpoints.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 100;

export const isolation: Scenario = {
  name: 'isolation',
  summary: `${webhooks} endpoints at 100 events a second, all well for 30 s, then 5 that hang and 5 that answer 500 for 60 s`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const endpoints = await registerEndpoints(harness, webhooks);
      return measureDisturbance(harness, {
        label: '5 hang, 5 answer 500',
        endpoints,
        troubles: [
          { behaviour: 'hanging', endpoints: endpoints.slice(0, 5) },
          { behaviour: 'failing', endpoints: endpoints.slice(5, 10) },
        ],
        perSecond: 100,
        calmSeconds: 30,
        disturbedSeconds: 60,
      });
    }),
};
