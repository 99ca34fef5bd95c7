import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Backlog, type BacklogEvent } from './backlog.ts';

function backlogOf<Item>(perRunMax: number): Backlog<Item> {
  return new Backlog<Item>({ perRunMax, servedMs: 250 });
}

/** Names of what is let through; what may not pass waits. */
function run(backlog: Backlog<string>, events: readonly (readonly [name: string, ...webhooks: string[]])[]): string[] {
  backlog.beginRun();
  return events.flatMap(([name, ...webhooks]) => {
    if (backlog.mayPass(webhooks, 0)) return [name];
    backlog.wait(name, webhooks);
    return [];
  });
}

describe('a backlog', () => {
  test('lets through what a webhook gets now and then, and keeps what comes in heaps', () => {
    const backlog = backlogOf<string>(2);
    expect(
      run(backlog, [
        ['a1', 'A'],
        ['b1', 'B'],
        ['a2', 'A'],
        ['a3', 'A'],
        ['a4', 'A'],
        ['c1', 'C'],
      ]),
    ).toEqual(['a1', 'b1', 'a2', 'c1']);
    // Something of A waits: whatever comes for it waits behind that, in later runs too.
    expect(
      run(backlog, [
        ['a5', 'A'],
        ['b2', 'B'],
      ]),
    ).toEqual(['b2']);
    expect(backlog.take(10)).toEqual(['a3', 'a4', 'a5']);
    expect(backlog.size).toBe(0);
    expect(run(backlog, [['a6', 'A']])).toEqual(['a6']);
  });

  test('gives webhooks turns, however much waits of one of them', () => {
    const backlog = backlogOf<string>(0);
    run(backlog, [
      ['a1', 'A'],
      ['a2', 'A'],
      ['a3', 'A'],
      ['a4', 'A'],
      ['b1', 'B'],
      ['b2', 'B'],
    ]);
    expect(backlog.take(3)).toEqual(['a1', 'b1', 'a2']);
    run(backlog, [
      ['c1', 'C'],
      ['b3', 'B'],
    ]);
    expect(backlog.take(10)).toEqual(['b2', 'c1', 'a3', 'b3', 'a4']);
  });

  test('keeps an event of several webhooks behind what any of them waits for', () => {
    const backlog = backlogOf<string>(1);
    expect(
      run(backlog, [
        ['a1', 'A'],
        ['a2', 'A'],
        ['ab', 'A', 'B'],
        ['b2', 'B'],
        ['c', 'C'],
      ]),
    ).toEqual(['a1', 'c']);
    expect(backlog.take(10)).toEqual(['a2', 'ab', 'b2']);
  });

  test('keeps what is for nobody too, when it comes in heaps', () => {
    const backlog = backlogOf<string>(1);
    expect(run(backlog, [['x1'], ['x2'], ['a1', 'A']])).toEqual(['x1', 'a1']);
    expect(backlog.remove(() => true)).toEqual(['x2']);
    expect(run(backlog, [['x3']])).toEqual(['x3']);
  });

  test('lets those go that are of no use any more, and nobody else', () => {
    const backlog = backlogOf<string>(1);
    expect(
      run(backlog, [
        ['a1', 'A'],
        ['a2', 'A'],
        ['b1', 'B'],
        ['b2', 'B'],
        ['a3', 'A'],
        ['ab', 'A', 'B'],
      ]),
    ).toEqual(['a1', 'b1']);
    const open = backlog.takeNext();
    expect(open?.item).toBe('a2');
    expect(backlog.remove((item) => item !== 'b2')).toEqual(['a3', 'ab']);
    expect(backlog.size).toBe(1);
    expect(run(backlog, [['a4', 'A']])).toEqual([]);
    if (open !== null) backlog.finish(open);
    expect(backlog.take(10)).toEqual(['b2', 'a4']);
    expect(run(backlog, [['a5', 'A'], ['b3', 'B']])).toEqual(['a5', 'b3']); // prettier-ignore
  });

  test('keeps everything behind an event for everyone until that is finished', () => {
    const backlog = backlogOf<string>(1);
    expect(run(backlog, [['a1', 'A']])).toEqual(['a1']);
    expect(backlog.mayPass('everyone', 0)).toBe(false);
    backlog.wait('all', 'everyone');
    expect(run(backlog, [['b1', 'B']])).toEqual([]);
    const all = backlog.takeNext();
    expect(all?.item).toBe('all');
    expect(run(backlog, [['c1', 'C']])).toEqual([]);
    expect(backlog.isOfFew(0)).toBe(false);
    if (all !== null) backlog.finish(all);
    expect(run(backlog, [['d1', 'D']])).toEqual(['d1']);
    expect(backlog.take(10)).toEqual(['b1', 'c1']);
  });

  test('is of few while four times as many webhooks as wait are served past it', () => {
    const backlog = backlogOf<string>(1);
    backlog.beginRun();
    expect(backlog.mayPass(['A'], 1_000)).toBe(true);
    backlog.wait('a2', ['A']);
    // A was served too, but waits now.
    expect(backlog.isOfFew(1_000)).toBe(false);
    expect(backlog.mayPass(['B'], 1_000)).toBe(true);
    expect(backlog.isOfFew(1_000)).toBe(false);
    for (const other of ['C', 'D', 'E']) expect(backlog.mayPass([other], 1_100)).toBe(true);
    expect(backlog.isOfFew(1_100)).toBe(true);
    expect(backlog.isOfFew(1_249)).toBe(true);
    expect(backlog.isOfFew(1_250)).toBe(false);
  });

  test('loses nothing and keeps the order of each webhook, whatever comes when', () => {
    const webhooks = fc.oneof(
      { weight: 4, arbitrary: fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.constant('everyone' as const) },
    );
    const step = fc.oneof(
      fc.record({ kind: fc.constant('run' as const), events: fc.array(webhooks, { maxLength: 12 }) }),
      fc.record({ kind: fc.constant('take' as const), count: fc.nat(6) }),
      fc.record({ kind: fc.constant('takeNext' as const) }),
      fc.record({ kind: fc.constant('finish' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(3), (steps, perRunMax) => {
        const backlog = backlogOf<number>(perRunMax);
        const webhooksOf: (readonly string[] | 'everyone')[] = [];
        let open: BacklogEvent<number> | null = null;
        const written: number[] = [];
        for (const next of steps) {
          // An event that is under way is written when it is finished: whatever is let through before would overtake it.
          if (open !== null && next.kind !== 'run') {
            written.push(open.item);
            backlog.finish(open);
            open = null;
          }
          if (next.kind === 'take') written.push(...backlog.take(next.count));
          if (next.kind === 'takeNext') open = backlog.takeNext();
          if (next.kind !== 'run') continue;
          backlog.beginRun();
          for (const of of next.events) {
            const event = webhooksOf.push(of) - 1;
            if (backlog.mayPass(of, 0)) written.push(event);
            else backlog.wait(event, of);
          }
        }
        if (open !== null) written.push(open.item);
        written.push(...backlog.take(Infinity));
        expect([...written].sort((a, b) => a - b)).toEqual(webhooksOf.map((_, event) => event));
        for (const webhook of ['A', 'B', 'C', 'D']) {
          const own = written.filter((event) => {
            const of = webhooksOf[event] ?? [];
            return of === 'everyone' || of.includes(webhook);
          });
          expect(own).toEqual([...own].sort((a, b) => a - b));
        }
      }),
    );
  });
});
