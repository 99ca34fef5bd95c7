import { describe, expect, test } from '@jest/globals';
import { canSpeakOf, decodeCompleted, encodeCompleted, offsetsCovered, spreadMax } from './completed-offsets.ts';
import type { OffsetRun } from './offset-set.ts';

/** So many runs of complete offsets, each behind so many that are not. */
function runs(count: number, open: number, complete: number, first = 0): OffsetRun[] {
  const every = open + complete;
  return Array.from({ length: count }, (_, index) => {
    const from = first + index * every + open;
    return { from, to: from + complete };
  });
}

describe('the form', () => {
  test('is a bitset as long as that speaks of everything, as the versions before read it', () => {
    const metadata = encodeCompleted(100, [
      { from: 102, to: 104 },
      { from: 120, to: 100 + offsetsCovered },
    ]);
    expect(metadata.startsWith('c1:')).toBe(true);
    const bits = Buffer.from(metadata.slice(3), 'base64');
    const isSet = (bit: number) => ((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
    expect([0, 1, 2, 3, 4, 19, 20, offsetsCovered - 1].map(isSet)).toEqual([
      ...[false, false, true, true, false],
      ...[false, true, true],
    ]);
    expect(bits).toHaveLength(offsetsCovered / 8);
  });

  test('is lengths beyond', () => {
    const completed = [
      { from: 101, to: 150 },
      { from: 152, to: 101 + offsetsCovered },
      { from: 102 + offsetsCovered, to: 500_000 },
    ];
    const metadata = encodeCompleted(100, completed);
    expect(metadata).toBe(`c2:${Buffer.from([1, 49, 2, 0xf5, 0xba, 0x01, 1, 0x92, 0x86, 0x1d]).toString('base64')}`);
    expect(decodeCompleted(100, metadata)).toEqual(completed);
  });

  test('is a bitset beyond, where lengths say less', () => {
    const completed = runs(20_000, 1, 1);
    const metadata = encodeCompleted(0, completed);
    expect(metadata.startsWith('c1:')).toBe(true);
    expect(decodeCompleted(0, metadata)).toEqual(completed.filter(({ to }) => to <= offsetsCovered));
  });

  test('is lengths of whole runs, where they say more and not everything', () => {
    const completed = runs(2_000, 1, 200);
    const metadata = encodeCompleted(0, completed);
    expect(metadata).toMatch(/^c2:.{3990,3997}$/);
    expect(decodeCompleted(0, metadata)).toEqual(completed.slice(0, 999));
  });

  test('is nothing when nothing is complete', () => {
    expect(encodeCompleted(7, [])).toBe('');
  });
});

test.each([1, 127, 128, 16_383, 16_384])('a length of %d is read back', (length) => {
  const completed = [
    { from: 50 + length, to: 50 + 2 * length },
    { from: 50 + 3 * length, to: 100_000 },
  ];
  expect(decodeCompleted(50, encodeCompleted(50, completed))).toEqual(completed);
});

test('adjacent runs are one', () => {
  const metadata = encodeCompleted(0, [
    { from: 1, to: 50_000 },
    { from: 50_000, to: 60_000 },
  ]);
  expect(decodeCompleted(0, metadata)).toEqual([{ from: 1, to: 60_000 }]);
});

test('nothing is said of what lies further than a million from the commit', () => {
  const near = { from: 1, to: spreadMax };
  expect(decodeCompleted(0, encodeCompleted(0, [near]))).toEqual([near]);
  expect(encodeCompleted(0, [{ from: spreadMax - 1, to: spreadMax + 1 }])).toBe('');
});

test.each<[string, readonly number[]]>([
  ['a length that is missing', [1, 5, 1]],
  ['one that is cut', [1, 0x85]],
  ['one that is too long', [1, 0x85, 0x85, 0x85, 0x01]],
  ['nothing complete', [1, 0, 1, 5]],
  ['more than a million', [0xbf, 0x84, 0x3d, 2]],
])('%s: all of it counts as nothing', (_, lengths) => {
  expect(decodeCompleted(0, `c2:${Buffer.from(lengths).toString('base64')}`)).toEqual([]);
});

describe('what can be spoken of, whatever completes', () => {
  /** Every other one of adjacent open ones completes: the most pieces. */
  function atWorst(piece: number, pieces: number, between: number): OffsetRun[] {
    return Array.from({ length: pieces }, (_, index) => index * (piece + between)).flatMap((start) => [
      ...runs(Math.floor((piece - 1) / 2), 1, 1, start),
      { from: start + piece, to: start + piece + between },
    ]);
  }

  test.each([
    [1, 40],
    [1, 130],
    [1, 900],
    [2, 500],
    [3, 100],
    [3, 2_500],
    [40, 127],
    [101, 20_000],
    [301, 200_000],
  ])('pieces of %d open ones, with %d complete ones between them', (piece, between) => {
    let pieces = 0;
    while (canSpeakOf((pieces + 1) * piece, pieces + 1, (pieces + 1) * (piece + between))) pieces += 1;
    expect(pieces).toBeGreaterThan(0);
    const completed = atWorst(piece, pieces, between);
    const metadata = encodeCompleted(0, completed);
    expect(metadata.length).toBeLessThanOrEqual(4_000);
    expect(decodeCompleted(0, metadata)).toEqual(completed);
  });

  test('is some 700 open ones anywhere in a million, and twice as many side by side', () => {
    expect([734, 735].map((open) => canSpeakOf(open, open, spreadMax))).toEqual([true, false]);
    expect([1_467, 1_468].map((open) => canSpeakOf(open, 1, spreadMax))).toEqual([true, false]);
    expect(canSpeakOf(1, 1, spreadMax + 1)).toBe(false);
    // 30 s of 2,000 in a second.
    expect([1_260, 1_270].map((open) => canSpeakOf(open, open, 60_000))).toEqual([true, false]);
  });
});
