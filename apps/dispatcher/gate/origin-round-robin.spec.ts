import { expect, test } from '@jest/globals';
import { OriginPlaces } from './origin-places.ts';
import { OriginRoundRobin } from './origin-round-robin.ts';

interface Visitor {
  readonly clientId: string;
  readonly pace: string;
}

const placesMax = 170;
const origin = 'https://shared.example';

/** So many clients wait at one host. */
function world(clients: number) {
  const places = new OriginPlaces(placesMax);
  let asked = 0;
  const turns = new OriginRoundRobin<Visitor>({
    hasRoom: (at, clientId) => {
      asked += 1;
      return places.isFreeFor(at, clientId);
    },
    mayStart: () => true,
  });
  for (let client = 0; client < clients; client += 1) turns.wait(origin, { clientId: `c${client}`, pace: 'unknown' });
  return {
    places,
    /** Starts whatever may start. */
    run: () => {
      let started = 0;
      for (let one = turns.next(); one !== undefined; one = turns.next()) {
        places.take(origin, one.clientId);
        started += 1;
      }
      return started;
    },
    asked: () => {
      const count = asked;
      asked = 0;
      return count;
    },
  };
}

test('a full host costs a question, however many clients wait there', () => {
  const { places, run, asked } = world(10_000);
  expect(run()).toBe(placesMax);
  asked();
  for (let look = 0; look < 100; look += 1) expect(run()).toBe(0);
  expect(asked()).toBeLessThanOrEqual(100);
  for (let ended = 0; ended < 100; ended += 1) {
    places.giveBack(origin, `c${ended}`);
    expect(run()).toBe(1);
  }
  expect(asked()).toBeLessThanOrEqual(400);
});

test('clients take turns there, and each comes', () => {
  const { places, run } = world(500);
  let started = run();
  for (let ended = 0; ended < 500; ended += 1) {
    places.giveBack(origin, `c${ended}`);
    started += run();
  }
  expect(started).toBe(500);
});
