/**
 * Do the healthy endpoints feel the trouble of others? The same load twice in one run: while all are well, and while some
 * are not. Told are the healthy ones alone, in both.
 */
import type { Endpoint } from './endpoints.ts';
import { atMost, type ScenarioResult } from './measured.ts';
import type { Behaviour } from './processes/receiver-questions.ts';
import type { Harness } from './harness.ts';

export interface Trouble {
  readonly behaviour: Behaviour;
  readonly endpoints: readonly Endpoint[];
}

export interface Disturbance {
  /** What is wrong, as a label. */
  readonly label: string;
  readonly endpoints: readonly Endpoint[];
  readonly troubles: readonly Trouble[];
  /** Over all endpoints. */
  readonly perSecond: number;
  readonly calmSeconds: number;
  readonly disturbedSeconds: number;
}

/** How much higher the healthy ones' p99 may be with the trouble of others than without. */
export const disturbedMax = 1.25;

export async function measureDisturbance(harness: Harness, disturbance: Disturbance): Promise<ScenarioResult> {
  const { endpoints, troubles, perSecond } = disturbance;
  const ill = new Set(troubles.flatMap((trouble) => trouble.endpoints.map(({ number }) => number)));
  const told = endpoints.map(({ number }) => number).filter((number) => !ill.has(number));
  const targets = endpoints.map(({ target }) => target);
  const measure = (label: string, seconds: number) => {
    const rounds = Math.round((perSecond * seconds) / endpoints.length);
    return harness.measure({
      label,
      events: rounds * endpoints.length,
      told,
      expected: rounds * told.length,
      send: harness.pace(targets, perSecond),
    });
  };
  await harness.warmUp(targets);
  // At its own pace too: what is compared is no matter of who got warm first.
  await harness.measure({
    label: 'Warm-up',
    events: perSecond * 5,
    isWarmUp: true,
    send: harness.pace(targets, perSecond),
  });
  const calm = await measure('all well', disturbance.calmSeconds);
  for (const { behaviour, endpoints: those } of troubles) {
    await harness.receiver.ask('behave', { webhooks: those.map(({ number }) => number), behaviour });
  }
  const disturbed = await measure(disturbance.label, disturbance.disturbedSeconds);
  const limit = await harness.rawLimit();
  return {
    series: [calm, disturbed],
    figures: [
      atMost(disturbedMax, 'p99 against all well', disturbed.latencyMs.p99 / calm.latencyMs.p99, 'times'),
      { name: 'p50 against all well', value: disturbed.latencyMs.p50 / calm.latencyMs.p50, unit: 'times' },
      { name: 'raw limit', value: limit, unit: 'POSTs a second' },
    ],
    notes: [
      `Told are the ${told.length} healthy endpoints; CPU of a delivery includes what the other ${ill.size} cost`,
    ],
  };
}
