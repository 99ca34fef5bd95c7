import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deliveryIdOf, eventKeyOf, historyIdOf, idTimeOf, madeUpDeliveryIdOf, timedId, timeOfId } from './ids.ts';
import { dayMs } from './day.ts';

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

test('an id is a UUID of version 8 that carries its time', () => {
  fc.assert(
    fc.property(time, fc.array(fc.string()), (timeMs, parts) => {
      const id = timedId(timeMs, ...parts);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(timeOfId(id)).toBe(timeMs);
    }),
  );
});

test('ids sort by time', () => {
  fc.assert(
    fc.property(time, time, fc.string(), fc.string(), (a, b, one, other) => {
      fc.pre(a < b);
      expect(timedId(a, one) < timedId(b, other)).toBe(true);
    }),
  );
});

test('ids stay what they were: history and receivers know them', () => {
  const time = 1_767_225_600_000;
  expect(deliveryIdOf('evt-1', 'wh-1')).toBe('f22d82fc-e11c-8d42-8538-697cebd4ff37');
  expect(historyIdOf(deliveryIdOf('evt-1', 'wh-1'), time)).toBe('019b76da-a800-8d42-8538-697cebd4ff37');
  expect(eventKeyOf(time, 'acme', 'evt-1')).toBe('019b76da-a800-8e6c-b998-015ab11a975c');
  const ofTest = madeUpDeliveryIdOf(time, 'evt-1', 'wh-1', '/webhooks');
  expect(ofTest).toBe(timedId(time, 'delivery', '/webhooks', 'evt-1', 'wh-1'));
});

test('#4 a source is a part of what an event is known by', () => {
  expect(deliveryIdOf('e', 'w', '/a')).not.toBe(deliveryIdOf('e', 'w', '/b'));
  expect(deliveryIdOf('e', 'w', '/a')).not.toBe(deliveryIdOf('e', 'w'));
  expect(eventKeyOf(0, 'acme', 'e', '/a')).not.toBe(eventKeyOf(0, 'acme', 'e', '/b'));
  expect(deliveryIdOf('b', 'w', 'a')).not.toBe(deliveryIdOf('a', 'w', 'b'));
});

test('parts are told apart wherever they are cut', () => {
  expect(timedId(0, 'ab', 'c')).not.toBe(timedId(0, 'a', 'bc'));
  expect(timedId(0, '1:a')).not.toBe(timedId(0, '1', 'a'));
  expect(eventKeyOf(0, null, 'e')).not.toBe(eventKeyOf(0, 'e', ''));
  expect(historyIdOf(deliveryIdOf('a', 'b'), 0)).not.toBe(eventKeyOf(0, 'a', 'b'));
});

test.each([-1, 0.5, Number.NaN, 2 ** 48])('%s is no time of an id', (timeMs) => {
  expect(() => timedId(timeMs, 'a')).toThrow(RangeError);
});

describe('the time of an id', () => {
  const record = 100 * dayMs;
  const retention = 30 * dayMs;
  test.each<[string, number | null, number]>([
    ["is the record's when the event has none", null, record],
    ["is the event's own", record - 5, record - 5],
    ["is the event's own as far as the history reaches", record - retention, record - retention],
    ["is the record's for an older event", record - retention - 1, record],
    ["is the event's own up to a day ahead", record + dayMs, record + dayMs],
    ["is the record's for an event of the future", record + dayMs + 1, record],
  ])('%s', (_name, eventTime, expected) => {
    expect(idTimeOf(eventTime, record, retention)).toBe(expected);
  });
});

test('#7 the id of a delivery is a function of source, id and webhook alone, its key one of the time as well', () => {
  const id = deliveryIdOf('evt-1', 'wh-1');
  const others = [
    deliveryIdOf('evt-1', 'wh-1', '/a'),
    deliveryIdOf('evt-1', 'wh-1', '/b'),
    deliveryIdOf('evt-1', 'wh-2'),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
  fc.assert(
    fc.property(time, (timeMs) => {
      const key = historyIdOf(id, timeMs);
      expect([timeOfId(key), key.slice(14)]).toEqual([timeMs, id.slice(14)]);
    }),
  );
});

test('an id that carries a time is its own key, whatever time is named', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11) }), time, fc.string(), (own, other, part) => {
      const id = timedId(own, part);
      expect(historyIdOf(id, other)).toBe(id);
    }),
  );
});

test('the id of a delivery is a UUID that no time of the history begins with', () => {
  for (let no = 0; no < 1_000; no += 1) {
    const id = deliveryIdOf(`evt-${no}`, 'wh-1', '/shop');
    expect(id).toMatch(/^f[0-9a-f]{7}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(timeOfId(id)).toBeGreaterThan(Date.UTC(9999, 11, 31, 23, 59, 59, 999));
  }
});

test('a key of the history has no time that is out of range', () => {
  expect(() => historyIdOf(deliveryIdOf('e', 'w'), -1)).toThrow(RangeError);
});
