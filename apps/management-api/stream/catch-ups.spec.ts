import { expect, test } from '@jest/globals';
import { CatchUps, type CatchUp } from './catch-ups.ts';

/** Turns by hand, on a clock that work moves; each task has so many milliseconds of work. */
function catchUps(options: ConstructorParameters<typeof CatchUps>[0] = {}) {
  let now = 0;
  const happened: string[] = [];
  const workedMs = new Map<string, number>();
  const ups = new CatchUps({ everyMs: 86_400_000, now: () => now, ...options });
  const enter = (keyId: string, name: string, work: number) => {
    let left = work;
    const task: CatchUp = {
      begin: () => happened.push(`${name} begins`),
      work: (isOver) => {
        while (left > 0 && !isOver()) {
          now += 1;
          left -= 1;
          workedMs.set(name, (workedMs.get(name) ?? 0) + 1);
        }
        if (left === 0) {
          left = -1;
          happened.push(`${name} is done`);
          leave();
        }
      },
      giveUp: () => happened.push(`${name} gives up`),
    };
    const leave = ups.enter(keyId, task);
    return leave;
  };
  const turns = (count: number, isLate = false) => {
    for (let turn = 0; turn < count; turn += 1) {
      const before = now;
      ups.turn(isLate);
      expect(now - before).toBeLessThanOrEqual(5);
      now = before + 25;
    }
  };
  return { enter, turns, happened, workedMs };
}

test('a short one is done in its first turn', () => {
  const { enter, turns, happened } = catchUps();
  enter('a', 'a', 3);
  turns(1);
  expect(happened).toEqual(['a begins', 'a is done']);
});

test('all together work a fifth of the time, whoever asks, and share it', () => {
  const { enter, turns, workedMs } = catchUps();
  for (const key of ['a', 'b', 'c', 'd', 'e']) enter(key, key, 10_000);
  turns(400);
  const worked = [...workedMs];
  expect(worked.map(([name]) => name)).toEqual(['a', 'b', 'c', 'd']);
  for (const [, ms] of worked) expect(ms).toBe(500);
});

test('while the loop is late they have a fifth of that', () => {
  const { enter, turns, workedMs } = catchUps();
  for (const key of ['a', 'b', 'c', 'd']) enter(key, key, 10_000);
  turns(400, true);
  for (const [, ms] of workedMs) expect(ms).toBe(100);
});

test('a key that has many waits behind others with each', () => {
  const { enter, turns, happened } = catchUps({ atOnceMax: 1, betweenMs: 0 });
  for (let index = 0; index < 3; index += 1) enter('greedy', `greedy ${index}`, 10);
  turns(1);
  enter('other', 'other', 1);
  turns(10);
  expect(happened.filter((one) => one.endsWith('begins'))).toEqual([
    'greedy 0 begins',
    'other begins',
    'greedy 1 begins',
    'greedy 2 begins',
  ]);
});

test('of one key there is one at a time, and the next after a second', () => {
  const { enter, turns, happened } = catchUps();
  enter('a', 'first', 1);
  enter('a', 'second', 1);
  turns(40);
  expect(happened).toEqual(['first begins', 'first is done']);
  turns(2);
  expect(happened.slice(2)).toEqual(['second begins', 'second is done']);
});

test('of one owner there are two at once, while a place is left for others', () => {
  const { enter, turns, happened } = catchUps({ betweenMs: 0 });
  for (const name of ['a 0', 'a 1', 'a 2']) enter('a', name, 10_000);
  turns(1);
  for (const name of ['b 0', 'b 1', 'c 0']) enter(name.slice(0, 1), name, 10_000);
  turns(1);
  expect(happened).toEqual(['a 0 begins', 'a 1 begins', 'b 0 begins', 'c 0 begins']);
});

test('who waits for others of its own owner waits as long as they take', () => {
  const { enter, turns, happened } = catchUps({ waitsMsMax: 12_000 });
  for (let index = 0; index < 25; index += 1) enter('a', `a ${index}`, 200);
  // Each begins a second after the one before: 25 s, twice what anybody waits for others.
  turns(1_200);
  expect(happened.filter((one) => one.endsWith('gives up'))).toEqual([]);
  expect(happened.filter((one) => one.endsWith('is done'))).toHaveLength(25);
});

test('who takes too long, or waits too long, gives up and makes room', () => {
  const { enter, turns, happened } = catchUps({ atOnceMax: 1, takesMsMax: 1_000, waitsMsMax: 1_500 });
  for (const key of ['a', 'b', 'c']) enter(key, key, 86_400_000);
  turns(40);
  expect(happened).toEqual(['a begins']);
  turns(1);
  expect(happened).toEqual(['a begins', 'a gives up', 'b begins']);
  turns(20);
  expect(happened).toEqual(['a begins', 'a gives up', 'b begins', 'c gives up']);
});

test('who leaves is not asked any more, waiting or reading', () => {
  const { enter, turns, happened, workedMs } = catchUps({ atOnceMax: 1 });
  const leaveFirst = enter('a', 'a', 1_000);
  const leaveSecond = enter('b', 'b', 1_000);
  turns(2);
  leaveSecond();
  leaveFirst();
  turns(100);
  expect([happened, workedMs.get('a')]).toEqual([['a begins'], 10]);
});
