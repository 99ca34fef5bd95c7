import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DueQueue } from './due-queue.ts';

test('gives what is due in the order of its moments, nothing early, nothing lost', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), at: fc.nat(50) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(20) }),
    fc.record({ kind: fc.constant('remove' as const), multiple: fc.integer({ min: 2, max: 5 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new DueQueue<number>();
      let waiting: { at: number; id: number }[] = [];
      let now = 0;
      steps.forEach((taken, id) => {
        if (taken.kind === 'push') {
          queue.push(taken.at, id);
          waiting.push({ at: taken.at, id });
        } else if (taken.kind === 'remove') {
          queue.remove((item) => item % taken.multiple === 0);
          waiting = waiting.filter((entry) => entry.id % taken.multiple !== 0);
        } else {
          now += taken.ms;
          const due = waiting.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at || a.id - b.id);
          waiting = waiting.filter(({ at }) => at > now);
          const got: number[] = [];
          for (let item = queue.popDue(now); item !== null; item = queue.popDue(now)) got.push(item);
          expect(got).toEqual(due.map((entry) => entry.id));
        }
        expect(queue.size).toBe(waiting.length);
        expect(queue.nextAt).toBe(waiting.length === 0 ? null : Math.min(...waiting.map(({ at }) => at)));
      });
    }),
  );
});
