/** Events through `POST /v1/events`: one to a request, and in batches. */
import { registerEndpoints } from '../endpoints.ts';
import type { Measured } from '../measured.ts';
import type { Target } from '../processes/load-questions.ts';
import { eventBytes, type Harness } from '../harness.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 20;
const requests = 64;
const ways = [
  { label: 'one a request', events: 10_000, perRequest: 1 },
  { label: '100 a request', events: 20_000, perRequest: 100 },
];

export const http: Scenario = {
  name: 'http',
  summary: `as throughput, through POST /v1/events, ${requests} requests at a time: one event each, then batches of 100`,
  run: (bench) =>
    bench.withHarness({}, async (harness) => {
      const targets = (await registerEndpoints(harness, webhooks)).map(({ target }) => target);
      await harness.warmUp(targets);
      const series: Measured[] = [];
      for (const way of ways) {
        const send = httpSender(harness, targets, requests, way.perRequest);
        await harness.measure({ label: 'Warm-up', events: 1_000, isWarmUp: true, send });
        series.push(await harness.measure({ ...way, send }));
      }
      return {
        series,
        figures: [{ name: 'raw limit', value: await harness.rawLimit(), unit: 'POSTs a second' }],
        notes: [],
      };
    }),
};

/** @param atATime requests under way, each with `perRequest` events */
export function httpSender(harness: Harness, targets: readonly Target[], atATime: number, perRequest: number) {
  const key = harness.system.env['ADMIN_API_KEY'] ?? '';
  const { url } = harness.system.api;
  return (events: { from: number; to: number }) =>
    harness.load.ask('http', { events, targets, bytes: eventBytes, url, key, requests: atATime, perRequest });
}
