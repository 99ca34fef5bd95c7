import { expect, test } from '@jest/globals';
import { TakenTypes } from './taken-types.ts';

/** A database with these subscriptions, and how often it was asked. */
function worldOf(subscribed: Map<string, readonly string[]>) {
  const world = { asked: 0, now: 0, answers: true, fails: false };
  const typesTaken = (ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> => {
    world.asked += 1;
    if (world.fails) return Promise.reject(new Error('away'));
    if (!world.answers) return new Promise(() => undefined);
    return Promise.resolve(new Map(ids.flatMap((id) => [[id, subscribed.get(id) ?? []] as const])));
  };
  return { world, taken: new TakenTypes({ webhooks: { typesTaken }, now: () => world.now, waitMsMax: 20 }) };
}

const acme = new Map([['acme', ['order.created', 'parcel.*']]]);

test('a misspelt type is told, one that is taken or like nothing is not', async () => {
  const { taken } = worldOf(acme);
  const types = ['ordr.created', 'order.created', 'parcel.sent', 'invoice.paid', 'parcl.sent', 'parcl', 'sent.parcel'];
  const meant = await taken.meant(types.map((type) => ({ clientId: 'acme', type })));
  expect(meant).toEqual(['order.created', null, null, null, 'parcel.sent', null, null]);
  expect(await taken.meant([{ clientId: 'nobody', type: 'ordr.created' }])).toEqual([null]);
});

test('what is taken is asked for once a minute, what is not as soon as somebody may have subscribed', async () => {
  const subscribed = new Map<string, readonly string[]>(acme);
  const { world, taken } = worldOf(subscribed);
  const one = (type: string) => taken.meant([{ clientId: 'acme', type }]);
  for (let at = 0; at < 60_000; at += 1_000) {
    world.now = at;
    expect(await one('order.created')).toEqual([null]);
  }
  expect(world.asked).toBe(1);
  expect(await one('ordr.created')).toEqual(['order.created']);
  subscribed.set('acme', ['ordr.created']);
  world.now += 251;
  expect(await one('ordr.created')).toEqual([null]);
});

test('a database that fails or does not answer costs a hint and no more', async () => {
  const { world, taken } = worldOf(acme);
  world.fails = true;
  expect(await taken.meant([{ clientId: 'acme', type: 'ordr.created' }])).toEqual([null]);
  const other = worldOf(acme);
  other.world.answers = false;
  expect(await other.taken.meant([{ clientId: 'acme', type: 'ordr.created' }])).toEqual([null]);
});

test('no more clients are kept than there is room for, and old ones make room', async () => {
  const { world, taken } = worldOf(acme);
  for (let no = 0; no < 2_000; no += 500) {
    await taken.meant(Array.from({ length: 500 }, (_, more) => ({ clientId: `c${no + more}`, type: 'a.b' })));
  }
  const before = world.asked;
  expect(await taken.meant([{ clientId: 'acme', type: 'ordr.created' }])).toEqual([null]);
  expect(world.asked).toBe(before);
  world.now = 60_001;
  expect(await taken.meant([{ clientId: 'acme', type: 'ordr.created' }])).toEqual(['order.created']);
  const many = Array.from({ length: 2_001 }, (_, no) => ({ clientId: `m${no}`, type: 'a.b' }));
  expect(new Set(await taken.meant(many))).toEqual(new Set([null]));
});

test('however many publish, the database is asked so often in a second and no more', async () => {
  const { world, taken } = worldOf(acme);
  for (let no = 0; no < 500; no += 1) await taken.meant([{ clientId: `c${no}`, type: 'a.b' }]);
  expect(world.asked).toBeLessThanOrEqual(50);
  world.now = 1_000;
  await taken.meant([{ clientId: 'c499', type: 'a.b' }]);
  expect(world.asked).toBe(51);
});
