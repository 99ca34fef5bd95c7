import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Lz4Error, lz4Decompress } from './lz4.ts';
import { SnappyError, snappyDecompress } from './snappy.ts';

const text = Array.from({ length: 40 }, (_, index) => `webhook ${index} delivered; `).join('') + 'x'.repeat(300);

/** The text as Kafka's Java client 4.4 and snappy-java 1.1.10 compress it. */
const compressed = {
  'snappy in chunks':
    'glNOQVBQWQAAAAABAAAAAQAAAOySCVB3ZWJob29rIDAgZGVsaXZlcmVkOyARFQAxThUAADJOFQAAM04VAAA0ThUAADVOFQAANk4V' +
    'AAA3ThUAADhOFQAAOU4VAAAxVtMAUtQAADFS1QAAMVLWAAAxUtcAADFS2AAAMVLZAAAxUtoAADFS2wAAMVLcAAAyUtwAADJS3AAA' +
    'MlLcAAAyUtwAADJS3AAAMlLcAAAyUtwAADJS3AAAMlLcAAAyUtwAADNS3AAAM1LcAAAzUtwAADNS3AAAM1LcAAAzUtwAADNS3AAA' +
    'M1LcAAAzUtwAADMy3AAAeP4BAP4BAP4BAP4BAKoBAA==',
  'snappy as one block':
    'kglQd2ViaG9vayAwIGRlbGl2ZXJlZDsgERUAMU4VAAAyThUAADNOFQAANE4VAAA1ThUAADZOFQAAN04VAAA4ThUAADlOFQAAMVbT' +
    'AFLUAAAxUtUAADFS1gAAMVLXAAAxUtgAADFS2QAAMVLaAAAxUtsAADFS3AAAMlLcAAAyUtwAADJS3AAAMlLcAAAyUtwAADJS3AAA' +
    'MlLcAAAyUtwAADJS3AAAMlLcAAAzUtwAADNS3AAAM1LcAAAzUtwAADNS3AAAM1LcAAAzUtwAADNS3AAAM1LcAAAzMtwAAHj+AQD+' +
    'AQD+AQD+AQCqAQA=',
  lz4:
    'BCJNGGBAguYAAAD0BndlYmhvb2sgMCBkZWxpdmVyZWQ7IBUAHzEVAAEfMhUAAR8zFQABHzQVAAEfNRUAAR82FQABHzcVAAEfOBUA' +
    'AR85FQABHzHTAAMP1AACHzHVAAIfMdYAAh8x1wACHzHYAAIfMdkAAh8x2gACHzHbAAIfMdwAAh8y3AACHzLcAAIfMtwAAh8y3AAC' +
    'HzLcAAIfMtwAAh8y3AACHzLcAAIfMtwAAh8y3AACHzPcAAIfM9wAAh8z3AACHzPcAAIfM9wAAh8z3AACHzPcAAIfM9wAAh8z3AAC' +
    'GTPcAB94AQD/FFB4eHh4eAAAAAA=',
};

describe.each([
  ['snappy in chunks', snappyDecompress, SnappyError],
  ['snappy as one block', snappyDecompress, SnappyError],
  ['lz4', lz4Decompress, Lz4Error],
] as const)('%s', (name, decompress, error) => {
  const input = Buffer.from(compressed[name], 'base64');

  test('comes out as it went in', () => {
    expect(decompress(input).toString()).toBe(text);
  });

  test('that is damaged is an error or something else, never a crash', () => {
    fc.assert(
      fc.property(fc.nat(input.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(input);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        try {
          decompress(damaged);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(error);
        }
      }),
    );
  });

  test('that is cut off is an error', () => {
    for (let length = 0; length < input.length; length += 7) {
      let found: Buffer | null = null;
      try {
        found = decompress(input.subarray(0, length));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(error);
      }
      expect(found?.toString()).not.toBe(text);
    }
  });
});

test.each([
  ['a match before the beginning', lz4Decompress, 'BCJNGGBAgggAAAAQYQUAUGFhYWFhAAAAAA=='],
  ['a length that nobody has', snappyDecompress, '/////w8='],
  ['a copy before the beginning', snappyDecompress, 'CABhBQU='],
])('%s is refused', (_name, decompress, input) => {
  expect(() => decompress(Buffer.from(input, 'base64'))).toThrow();
});
