import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ValueStore } from './value-store.ts';

const mebibyte = 1_048_576;

function bytes(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + seed) & 0xff));
}

describe('the store of values', () => {
  test.each([0, 1, 252, 253, 256, 508, 509, 1_300, 262_144, 1_048_000])(
    'gives %i bytes back as they were',
    (length) => {
      const store = new ValueStore();
      const value = bytes(length, length);
      const handle = store.put(value);
      expect(store.take(handle).equals(value)).toBe(true);
      expect(store.reservedBytes).toBe(0);
    },
  );

  test('keeps what it has apart, whatever comes and goes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), length: fc.nat(3_000), seed: fc.nat(255) }),
      fc.record({ kind: fc.constantFrom('take' as const, 'drop' as const), at: fc.nat(1_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const store = new ValueStore();
        const kept: { handle: number; value: Buffer }[] = [];
        for (const one of steps) {
          if (one.kind === 'put') {
            const value = bytes(one.length, one.seed);
            kept.push({ handle: store.put(value), value });
            continue;
          }
          const [gone] = kept.splice(one.at % (kept.length + 1), 1);
          if (gone === undefined) continue;
          if (one.kind === 'drop') store.drop(gone.handle);
          else expect(store.take(gone.handle).equals(gone.value)).toBe(true);
        }
        for (const { handle, value } of kept) expect(store.take(handle).equals(value)).toBe(true);
        expect(store.reservedBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('reserves what is stored and no more, and uses again what was freed', () => {
    const store = new ValueStore();
    const handles = Array.from({ length: 4_000 }, (_, index) => store.put(bytes(1_200, index)));
    const stored = handles.length * ValueStore.bytesFor(1_200);
    expect(store.reservedBytes).toBeLessThan(stored + mebibyte);
    // Half of it goes, here and there, and as much comes.
    for (const [index, handle] of handles.entries()) if (index % 2 === 0) store.drop(handle);
    for (let index = 0; index < handles.length / 2; index += 1) store.put(bytes(1_200, index));
    expect(store.reservedBytes).toBeLessThan(stored + mebibyte);
  });
});
