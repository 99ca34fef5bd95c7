import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InOrder, type Ordered } from './in-order.ts';

interface Thing extends Ordered {
  readonly id: number;
}

test('holds what came and has not left, in order, as a Set does', () => {
  const step = fc.record({ isAdd: fc.boolean(), place: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const list = new InOrder<Thing>();
      const model = new Set<Thing>();
      const all: Thing[] = [];
      for (const { isAdd, place } of steps) {
        const one = all[place % (all.length + 1)];
        if (isAdd || one === undefined) {
          const added = { id: all.length };
          all.push(added);
          list.add(added);
          model.add(added);
        } else {
          expect(list.delete(one)).toBe(model.delete(one));
        }
        const [first = null] = model;
        expect(list.first).toBe(first);
        expect(list.size).toBe(model.size);
        expect([...list].map(({ id }) => id)).toEqual([...model].map(({ id }) => id));
      }
    }),
  );
});

test('what was just looked at may leave', () => {
  const list = new InOrder<Thing>();
  for (const id of [1, 2, 3]) list.add({ id });
  const seen: number[] = [];
  for (const one of list) {
    seen.push(one.id);
    list.delete(one);
  }
  expect(seen).toEqual([1, 2, 3]);
  expect(list.size).toBe(0);
});
