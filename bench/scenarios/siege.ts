/** More endpoints hang than a pool that all share has places. */
import { measureDisturbance } from '../disturbance.ts';
import { registerEndpoints } from '../endpoints.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 100;
const hanging = 30;

export const siege: Scenario = {
  name: 'siege',
  summary: `${webhooks} endpoints at 200 events a second, all well for 60 s, then ${hanging} of them hanging for 60 s`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const endpoints = await registerEndpoints(harness, webhooks);
      return measureDisturbance(harness, {
        label: `${hanging} hang`,
        endpoints,
        troubles: [{ behaviour: 'hanging', endpoints: endpoints.slice(0, hanging) }],
        perSecond: 200,
        calmSeconds: 60,
        disturbedSeconds: 60,
      });
    }),
};
