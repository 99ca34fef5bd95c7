import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FairPlaces, type Waiting } from './fair-places.ts';

class Lane implements Waiting {
  readonly clientId: string;
  load = 0;
  turn = 0;
  rank = -1;

  constructor(clientId: string) {
    this.clientId = clientId;
  }
}

/** Lanes that always have something to send, and attempts that end when they are told to. */
class Pool {
  readonly places: FairPlaces<Lane>;
  readonly running: { readonly lane: Lane; readonly bytes: number }[] = [];
  private readonly sizes: (clientId: string) => number;

  constructor(placesMax: number, shareOfFree = 1, bytesMax = Infinity, sizes: (clientId: string) => number = () => 1) {
    this.places = new FairPlaces({ placesMax, shareOfFree, bytesMax });
    this.sizes = sizes;
  }

  /** Wants more and more places. */
  add(clientId: string, lanes = 1): void {
    for (let count = 0; count < lanes; count += 1) this.places.wait(new Lane(clientId));
  }

  /** Starts all that may start. @returns how many did */
  run(): number {
    let started = 0;
    for (let lane = this.places.next(); lane !== undefined; lane = this.places.next()) {
      const bytes = this.sizes(lane.clientId);
      lane.load += 1;
      this.places.take(lane.clientId, bytes);
      this.running.push({ lane, bytes });
      this.places.wait(lane);
      started += 1;
    }
    return started;
  }

  end(index: number): void {
    const [ended] = this.running.splice(index % this.running.length, 1);
    if (ended === undefined) return;
    ended.lane.load -= 1;
    this.places.moved(ended.lane);
    this.places.giveBack(ended.lane.clientId, ended.bytes);
  }

  heldBy(clientId: string): number {
    return this.running.filter(({ lane }) => lane.clientId === clientId).length;
  }
}

describe('places that clients share', () => {
  test.each([
    [1, 1, 50],
    [1, 3, 25],
    [1, 9, 10],
    [3, 1, 75],
    [3, 3, 30],
  ])('with a factor of %i, %i greedy clients have %i of 100 places each at most', (shareOfFree, count, each) => {
    const pool = new Pool(100, shareOfFree);
    for (let client = 0; client < count; client += 1) pool.add(`c${client}`);
    pool.run();
    for (let client = 0; client < count; client += 1) {
      expect(pool.heldBy(`c${client}`)).toBeGreaterThanOrEqual(each - 1);
      expect(pool.heldBy(`c${client}`)).toBeLessThanOrEqual(each + 1);
    }
    // And whoever comes now finds a place at once.
    pool.add('new');
    expect(pool.run()).toBeGreaterThan(0);
    expect(pool.heldBy('new')).toBeGreaterThan(0);
  });

  test('of one client the webhook with the fewest in flight comes first', () => {
    const pool = new Pool(40);
    const [few, many] = [new Lane('c'), new Lane('c')];
    pool.places.wait(many);
    pool.run();
    expect(many.load).toBe(20);
    pool.places.wait(few);
    for (let ended = 0; ended < 6; ended += 1) {
      pool.end(0);
      pool.run();
    }
    expect([few.load, many.load]).toEqual([6, 14]);
  });

  test('large payloads of one leave bytes for others, and places', () => {
    const pool = new Pool(100, 1, 1_000, (clientId) => (clientId === 'large' ? 100 : 1));
    pool.add('large');
    pool.run();
    expect(pool.heldBy('large')).toBe(5);
    pool.add('small');
    pool.run();
    expect(pool.heldBy('small')).toBeGreaterThan(20);
  });

  test('a client at rest is forgotten, ten thousand of them too', () => {
    const pool = new Pool(100_000);
    for (let client = 0; client < 10_000; client += 1) {
      const lane = new Lane(`c${client}`);
      pool.places.wait(lane);
      expect(pool.places.next()).toBe(lane);
      pool.places.take(lane.clientId, 1);
    }
    for (let client = 0; client < 10_000; client += 1) pool.places.giveBack(`c${client}`, 1);
    const known = pool.places['clients'] as ReadonlyMap<string, unknown>;
    expect(known.size).toBeLessThanOrEqual(1_000);
    expect(pool.places.used).toBe(0);
    expect(pool.places.clientsWaiting).toBe(0);
  });

  test('one that waits can leave', () => {
    const places = new FairPlaces<Lane>({ placesMax: 4, shareOfFree: 1 });
    const lanes = [new Lane('a'), new Lane('a'), new Lane('b')];
    for (const lane of lanes) places.wait(lane);
    for (const lane of lanes.slice(0, 2)) places.leave(lane);
    expect(places.next()).toBe(lanes[2]);
    expect(places.next()).toBeUndefined();
    expect(places.clientsWaiting).toBe(0);
  });
});

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      client: fc.nat(6),
      lanes: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      index: fc.nat(500),
      count: fc.integer({ min: 1, max: 30 }),
    }),
  },
);

describe('whatever comes and ends', () => {
  test('no client has more than its share, none that wants a place is kept waiting by one that has more', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 3), (steps, shareOfFree) => {
        const placesMax = 64;
        const pool = new Pool(placesMax, shareOfFree);
        const wanting = new Set<string>();
        for (const one of steps) {
          if (one.kind === 'add') {
            pool.add(`c${one.client}`, one.lanes);
            wanting.add(`c${one.client}`);
          } else
            for (let count = 0; count < one.count && pool.running.length > 0; count += 1) pool.end(one.index + count);
          const before = new Map([...wanting].map((client) => [client, pool.heldBy(client)]));
          pool.run();
          expect(pool.places.used).toBe(pool.running.length);
          expect(pool.running.length).toBeLessThanOrEqual(placesMax);
          const free = placesMax - pool.running.length;
          for (const client of wanting) {
            const held = pool.heldBy(client);
            // Work-conserving up to the share: whoever may have another has it already.
            expect(held / placesMax).toBeGreaterThanOrEqual((free / placesMax) * shareOfFree - 1e-9);
            // Bounded: nothing was begun beyond the share.
            const mostBegun = ((free + 1) * shareOfFree + 1) / placesMax;
            if (held > (before.get(client) ?? 0)) expect(held / placesMax).toBeLessThanOrEqual(mostBegun + 1e-9);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('nobody starves: each of a hundred clients gets its turn, also when one holds most of what there is', () => {
    const pool = new Pool(16);
    pool.add('hoarder', 50);
    pool.run();
    for (let client = 0; client < 100; client += 1) pool.add(`c${client}`);
    const served = new Set<string>();
    for (let ended = 0; ended < 300; ended += 1) {
      pool.run();
      for (const { lane } of pool.running) served.add(lane.clientId);
      pool.end(ended * 7);
    }
    expect(served.size).toBe(101);
  });
});
