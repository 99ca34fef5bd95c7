import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OffsetSet } from './offset-set.ts';

/** Near the edges of words and pages, and far apart. */
const offset = fc.oneof(
  fc.integer({ min: 0, max: 130 }),
  fc.integer({ min: 4_060, max: 4_130 }),
  fc.integer({ min: 1e9, max: 1e9 + 5_000 }),
);
const step = fc.oneof(
  fc.record({ do: fc.constantFrom('add' as const, 'delete' as const), offset }),
  fc.record({ do: fc.constant('addRun' as const), offset, count: fc.integer({ min: 0, max: 300 }) }),
  fc.record({ do: fc.constant('dropBelow' as const), offset: fc.constantFrom(0, 4_096, 8_192) }),
);

test('is what a plain set is, whatever is added and removed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), offset, (steps, from) => {
      const set = new OffsetSet();
      const model = new Set<number>();
      for (const one of steps) {
        if (one.do === 'add') {
          expect(set.add(one.offset)).toBe(!model.has(one.offset));
          model.add(one.offset);
        } else if (one.do === 'delete') expect(set.delete(one.offset)).toBe(model.delete(one.offset));
        else if (one.do === 'addRun') {
          set.addRun({ from: one.offset, to: one.offset + one.count });
          for (let at = one.offset; at < one.offset + one.count; at += 1) model.add(at);
        } else {
          set.dropBelow(one.offset);
          for (const at of model) if (at < one.offset) model.delete(at);
        }
        expect(set.has(one.offset)).toBe(model.has(one.offset));
        expect(set.next(from)).toBe(Math.min(...[...model].filter((at) => at >= from)));
      }
      const runs = [...set.runs(from)];
      const found = runs.flatMap((run) => Array.from({ length: run.to - run.from }, (_, index) => run.from + index));
      expect(found).toEqual([...model].filter((at) => at >= from).sort((a, b) => a - b));
      for (const [index, run] of runs.slice(1).entries()) expect(run.from).toBeGreaterThan(runs[index]?.to ?? Infinity);
    }),
    { numRuns: 500 },
  );
});

test('is empty again after clear', () => {
  const set = new OffsetSet();
  set.addRun({ from: 5, to: 10_000 });
  set.clear();
  expect([set.has(7), set.next(0), [...set.runs()]]).toEqual([false, Infinity, []]);
});
