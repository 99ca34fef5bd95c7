import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ParkedWatermarks, type Standing } from './parked-watermarks.ts';

const charactersMax = 3_400;

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, 11);
}

function floorsOf(standings: readonly Standing[], range: { base: number; end: number }): ParkedWatermarks {
  const text = ParkedWatermarks.encode(standings, range, charactersMax);
  expect(text.length).toBeLessThanOrEqual(charactersMax);
  const floors = ParkedWatermarks.decode(text, range);
  if (floors === null) throw new Error('not read back');
  return floors;
}

function standingsOf(count: number, spread: number): Standing[] {
  return Array.from({ length: count }, (_, index) => ({
    hash: hashOf(`w-${index}`),
    offset: (index * 7_919) % spread,
  }));
}

describe('the floors of parked webhooks', () => {
  test('are never higher than where a webhook stands, and never lower than the commit', () => {
    const standings = fc.integer({ min: 1, max: 3_000 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        seed: fc.string({ maxLength: 4 }),
        base: fc.nat(2 ** 40),
        spread: fc.integer({ min: 1, max: 2 ** 32 }),
      }),
    );
    fc.assert(
      fc.property(standings, ({ count, seed, base, spread }) => {
        const list = Array.from({ length: count }, (_, index) => ({
          hash: hashOf(`${seed}${index}`),
          offset: base + ((index * 104_729) % spread),
        }));
        const floors = floorsOf(list, { base, end: base + spread });
        for (const { hash, offset } of list) {
          expect(floors.floorOf(hash)).toBeLessThanOrEqual(offset);
          expect(floors.floorOf(hash)).toBeGreaterThanOrEqual(base);
        }
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    [300, 100, 0.999, 0.999],
    [900, 1_000, 0.99, 0.99],
    [3_000, 16_000, 0.7, 0.45],
    [20_000, 1_000_000, 1, 0],
  ])(
    'of %i webhooks in a backlog of a million are within %i offsets: %f of them; at the end: %f of the others',
    (count, within, close, atEnd) => {
      const end = 1_000_000;
      const standings = standingsOf(count, end);
      const floors = floorsOf(standings, { base: 0, end });
      const isClose = ({ hash, offset }: Standing) => offset - floors.floorOf(hash) <= within;
      expect(standings.filter(isClose).length / count).toBeGreaterThanOrEqual(close);
      const others = Array.from({ length: 2_000 }, (_, index) => hashOf(`other-${index}`));
      expect(others.filter((hash) => floors.floorOf(hash) === end).length / 2_000).toBeGreaterThanOrEqual(atEnd);
    },
  );

  test.each(['', 'AAAA', '/w==', 'nonsense'])('are none for %j', (text) => {
    expect(ParkedWatermarks.decode(text, { base: 0, end: 10 })).toBeNull();
  });
});
