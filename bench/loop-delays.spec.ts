import { expect, test } from '@jest/globals';
import { loopDelaysIn, worstDelayMs } from './loop-delays.ts';

function reading(...seen: readonly [string, number][]): string {
  const lines = seen.map(
    ([bound, count]) => `webhooks_event_loop_delay_ms_bucket{le="${bound}",app="fanout"} ${count}`,
  );
  return ['# TYPE webhooks_event_loop_delay_ms histogram', ...lines, 'webhooks_event_loop_delay_ms_sum 7'].join('\n');
}

test('the worst delay of a window is the bound of the highest bucket that grew in it', () => {
  const before = loopDelaysIn(reading(['5', 10], ['50', 12], ['250', 13], ['+Inf', 13]));
  expect(worstDelayMs([], before)).toBe(250);
  expect(worstDelayMs(before, before)).toBeNull();
  // The step of up to 250 ms was seen before; since then four under 5 ms and one of up to 50.
  const after = loopDelaysIn(reading(['5', 14], ['50', 17], ['250', 18], ['+Inf', 18]));
  expect(worstDelayMs(before, after)).toBe(50);
  expect(worstDelayMs(before, loopDelaysIn(reading(['5', 10], ['50', 12], ['250', 13], ['+Inf', 14])))).toBe(Infinity);
});
