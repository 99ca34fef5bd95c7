import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ReadPlaces } from './read-places.ts';

let ofTest: AbortController;

beforeEach(() => {
  ofTest = new AbortController();
});
// Whoever still waits leaves.
afterEach(() => {
  ofTest.abort();
});

const refused = { code: 'too_many_at_once', retryAfterS: 2 };

function placesOf(more: object = {}) {
  const places = new ReadPlaces({ perClientMax: 2, max: 3, waitMs: 60_000, ...more });
  const called: string[] = [];
  /** Asks, and notes under that name when its turn has come. */
  const ask = (client: string, name: string, until = ofTest.signal) =>
    places.take(client, until).then((giveBack) => {
      called.push(name);
      return giveBack;
    });
  const wait = (client: string, name: string) => void ask(client, name).catch(() => undefined);
  return { called, ask, wait };
}

const settled = () => new Promise(setImmediate);

describe('places to read', () => {
  test('leave room for others, however much one client asks for', async () => {
    const { called, ask, wait } = placesOf();
    const giveBack = await ask('ann', 'a1');
    await ask('ann', 'a2');
    wait('ann', 'a3');
    await ask('bob', 'b1');
    expect(called).toEqual(['a1', 'a2', 'b1']);
    giveBack();
    await settled();
    expect(called).toEqual(['a1', 'a2', 'b1', 'a3']);
  });

  test('are kept for who has none: two clients that take all they may leave some for every other', async () => {
    const { called, ask, wait } = placesOf({ perClientMax: 3, max: 6, firstOnly: 2 });
    for (const name of ['a1', 'a2', 'a3']) wait('ann', name);
    for (const name of ['b1', 'b2', 'b3']) wait('bob', name);
    await settled();
    expect(called).toEqual(['a1', 'a2', 'a3', 'b1']);
    await ask('cid', 'c1');
    const giveBack = await ask('dan', 'd1');
    wait('cid', 'c2');
    giveBack();
    await settled();
    // For whoever comes next, not for one that has a place already.
    await ask('eve', 'e1');
    expect(called).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'd1', 'e1']);
  });

  test('are kept from many that read for long: whoever reads little has one at once, and is called before them', async () => {
    let now = 0;
    const { called, ask, wait } = placesOf({ perClientMax: 3, max: 6, firstOnly: 2, now: () => now });
    const hostile = ['h1', 'h2', 'h3', 'h4', 'h5'];
    for (const some of [hostile.slice(0, 4), hostile.slice(4)]) {
      const taken = await Promise.all(some.map((client) => ask(client, client)));
      now += 8_000;
      for (const giveBack of taken) giveBack();
    }
    called.length = 0;
    const giveBacks: (() => void)[] = [];
    for (const client of hostile) {
      void ask(client, client).then(
        (giveBack) => giveBacks.push(giveBack),
        () => undefined,
      );
    }
    await settled();
    expect(called).toEqual(['h1', 'h2', 'h3', 'h4']);
    await ask('ann', 'a1');
    await ask('bob', 'b1');
    wait('cid', 'c1');
    giveBacks[0]?.();
    await settled();
    expect(called.slice(4)).toEqual(['a1', 'b1', 'c1']);
    // What was long ago is forgotten.
    now += 60_000;
    giveBacks[1]?.();
    await settled();
    expect(called.slice(7)).toEqual(['h5']);
  });

  test('that are given back call everybody who may have one by then', async () => {
    const { called, ask, wait } = placesOf({ perClientMax: 3, max: 6, firstOnly: 2 });
    await ask('ann', 'a1');
    await ask('ann', 'a2');
    const giveBack = await ask('cid', 'c1');
    await ask('bob', 'b1');
    wait('bob', 'b2');
    wait('cid', 'c2');
    giveBack();
    await settled();
    // With one place less of its own, the second may have one of those that are kept.
    expect(called.slice(4)).toEqual(['b2', 'c2']);
  });

  test('are given to clients by turns', async () => {
    const { called, ask } = placesOf({ perClientMax: 1, max: 1 });
    const giveBacks: (() => void)[] = [await ask('ann', 'a1')];
    for (const [client, name] of ['ann a2', 'ann a3', 'bob b1', 'cid c1', 'bob b2'].map((text) => text.split(' '))) {
      void ask(client ?? '', name ?? '').then((giveBack) => giveBacks.push(giveBack));
    }
    while (giveBacks.length > 0) {
      giveBacks.shift()?.();
      await settled();
    }
    expect(called).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  });

  test('are waited for by no more than so many', async () => {
    const { ask, wait } = placesOf({ waitingPerClientMax: 2, waitingMax: 3 });
    await Promise.all([ask('ann', 'a1'), ask('ann', 'a2'), ask('bob', 'b1')]);
    wait('ann', 'a3');
    wait('ann', 'a4');
    await expect(ask('ann', 'a5')).rejects.toMatchObject(refused);
    wait('bob', 'b2');
    await expect(ask('cid', 'c1')).rejects.toMatchObject(refused);
  });

  test('are not waited for longer than that, nor by who has gone', async () => {
    const { called, ask } = placesOf({ perClientMax: 1, max: 1, waitMs: 20 });
    const giveBack = await ask('ann', 'a1');
    const gone = new AbortController();
    const leaving = ask('bob', 'b1', gone.signal);
    gone.abort();
    await expect(leaving).rejects.toMatchObject(refused);
    await expect(ask('bob', 'b2')).rejects.toMatchObject(refused);
    giveBack();
    // Given back twice, it is one place all the same.
    giveBack();
    await ask('cid', 'c1');
    await expect(ask('dan', 'd1')).rejects.toMatchObject(refused);
    expect(called).toEqual(['a1', 'c1']);
  });
});
