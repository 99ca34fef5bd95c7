import { expect, test } from '@jest/globals';
import { loopDelaysIn, worstDelayMs } from './loop-delays.ts';

function reading(...seen: readonly [string, number][]): string {
  const lines = seen.map(
    ([bound, count]) => `webhooks_event_loop_delay_seconds_bucket{le="${bound}",app="fanout"} ${count}`,
  );
  return [
    '# TYPE webhooks_event_loop_delay_seconds histogram',
    ...lines,
    'webhooks_event_loop_delay_seconds_sum 7',
  ].join('\n');
}

test('the worst delay of a window is the bound of the highest bucket that grew in it', () => {
  const before = loopDelaysIn(reading(['0.005', 10], ['0.05', 12], ['0.25', 13], ['+Inf', 13]));
  expect(worstDelayMs([], before)).toBe(250);
  expect(worstDelayMs(before, before)).toBeNull();
  // The step of up to 250 ms was seen before; since then four under 5 ms and one of up to 50.
  const after = loopDelaysIn(reading(['0.005', 14], ['0.05', 17], ['0.25', 18], ['+Inf', 18]));
  expect(worstDelayMs(before, after)).toBe(50);
  expect(worstDelayMs(before, loopDelaysIn(reading(['0.005', 10], ['0.05', 12], ['0.25', 13], ['+Inf', 14])))).toBe(
    Infinity,
  );
});
