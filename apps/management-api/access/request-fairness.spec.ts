import { expect, test } from '@jest/globals';
import { RequestFairness } from './request-fairness.ts';

/** Rounds of an event loop by hand; each takes as long as is said. */
function loop(waitingPerOwnerMax = 1_000) {
  let now = 0;
  let next: (() => void)[] = [];
  const begun: string[] = [];
  const refused: string[] = [];
  const turns = new RequestFairness({
    now: () => now,
    nextRound: (work) => next.push(work),
    later: (work) => next.push(work),
    waitMs: 5_000,
    waitingPerOwnerMax,
  });
  const enter = (owner: string) => {
    const turn = turns.enter(owner);
    if (turn === null) begun.push(owner);
    else
      turn.then(
        () => begun.push(owner),
        () => refused.push(owner),
      );
  };
  const round = async (ms: number) => {
    now += ms;
    const works = next;
    next = [];
    for (const work of works) work();
    await new Promise(setImmediate);
  };
  const pass = (ms: number) => (now += ms);
  const isIdle = () => next.length === 0;
  return { enter, round, pass, begun, refused, isIdle };
}

async function lateLoop(waitingPerOwnerMax?: number) {
  const made = loop(waitingPerOwnerMax);
  made.enter('first');
  await made.round(1);
  await made.round(100);
  made.begun.length = 0;
  return made;
}

const many = (count: number, work: () => void) => {
  for (let index = 0; index < count; index += 1) work();
};

test('while the loop is in time nobody waits, however much one asks', async () => {
  const { enter, round, begun, isIdle } = loop();
  enter('calm');
  many(50, () => {
    enter('greedy');
  });
  await round(1);
  await round(1);
  many(50, () => {
    enter('greedy');
  });
  expect(begun).toHaveLength(101);
  await round(1);
  await round(1);
  // An idle process is not woken.
  expect(isIdle()).toBe(true);
});

test('while it is late, whoever asks little begins at once, and who asks much ever fewer times a second', async () => {
  const { enter, round, begun } = await lateLoop();
  enter('calm');
  many(250, () => {
    enter('greedy');
  });
  const atOnce = begun.filter((owner) => owner === 'greedy').length;
  expect(atOnce).toBeLessThan(5);
  enter('calm');
  expect(begun.filter((owner) => owner === 'calm')).toHaveLength(2);
  // Down to 25 a second.
  const perLook: number[] = [];
  for (let look = 0; look < 12; look += 1) {
    const had = begun.length;
    for (const ms of [0, 80, 0]) await round(ms);
    perLook.push(begun.length - had);
  }
  expect(perLook.at(-1)).toBe(2);
  expect(perLook).toEqual(perLook.toSorted((a, b) => b - a));
});

test('once its rounds are short again, ever more begin until nobody waits', async () => {
  const { enter, round, begun, isIdle } = await lateLoop();
  many(200, () => {
    enter('greedy');
  });
  for (let look = 0; look < 8; look += 1) for (const ms of [0, 80, 10]) await round(ms);
  many(80, () => {
    enter('greedy');
  });
  const before = begun.length;
  let looks = 0;
  for (; !isIdle(); looks += 1) for (const ms of [0, 1, 10]) await round(ms);
  expect(begun.length).toBeGreaterThan(before);
  // At 25 a second it would take hundreds.
  expect(looks).toBeLessThan(40);
});

test('of those that wait, whoever had the fewest turns lately begins first', async () => {
  const { enter, round, begun } = loop();
  enter('calm');
  many(200, () => {
    enter('greedy');
  });
  await round(1);
  await round(100);
  many(100, () => {
    enter('greedy');
  });
  // The first half of these are no more than all ask for on average.
  many(240, () => {
    enter('eager');
  });
  begun.length = 0;
  await round(0);
  await round(100);
  expect(begun.length).toBeGreaterThan(10);
  expect(new Set(begun)).toEqual(new Set(['eager']));
});

test('what waits is bounded in number and in time', async () => {
  const { enter, round, pass, refused } = await lateLoop(100);
  expect(() => {
    many(200, () => {
      enter('greedy');
    });
  }).toThrow(expect.objectContaining({ code: 'too_many_at_once' }));
  pass(6_000);
  await round(1);
  await round(100);
  expect(refused.length).toBeGreaterThan(90);
});
