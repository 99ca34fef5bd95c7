import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { decompress, decompressedBytesMax } from './decompress.ts';
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

const bytesMax = 1_048_576;

describe.each([
  ['snappy in chunks', snappyDecompress, SnappyError],
  ['snappy as one block', snappyDecompress, SnappyError],
  ['lz4', lz4Decompress, Lz4Error],
] as const)('%s', (name, read, error) => {
  const decompress = (bytes: Buffer) => read(bytes, bytesMax);
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

describe('#62 dialects of other clients', () => {
  const frame = Buffer.from(compressed.lz4, 'base64');
  /** Behind the magic, flags, block size and a checksum that nobody verifies. */
  const block = frame.subarray(7, frame.length - 4);
  const end = Buffer.alloc(4);
  const lz4Frame = (flags: number, ...parts: Buffer[]) =>
    Buffer.concat([frame.subarray(0, 4), Buffer.from([flags]), frame.subarray(5, 6), ...parts]);
  const anyChecksum = Buffer.from([1, 2, 3, 4]);
  const header = Buffer.from([0]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  /** A literal, and a match of 8 that reaches into the block before. */
  const literal = Buffer.from([0x80, ...Buffer.from('webhook ')]);
  const linked = Buffer.from([0x04, 8, 0, 0x10, 0x21]);
  const blockOf = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length, 0, 0, 0]), bytes]);
  const stored = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length, 0, 0, 0x80]), bytes]);

  test.each<[string, Buffer, string]>([
    ['checksums of blocks', lz4Frame(0x70, header, block, anyChecksum, end), text],
    ['the size of the content', lz4Frame(0x68, size, header, block, end), text],
    ['a checksum of the content', lz4Frame(0x64, header, block, end, anyChecksum), text],
    ['all of them', lz4Frame(0x7c, size, header, block, anyChecksum, end, anyChecksum), text],
    ['linked blocks', lz4Frame(0x40, header, blockOf(literal), blockOf(linked), end), 'webhook webhook !'],
    ['blocks that are not compressed', lz4Frame(0x60, header, stored(Buffer.from('as it is')), end), 'as it is'],
  ])('lz4 with %s is read', (_what, input, expected) => {
    expect(decompress(3, input).toString()).toBe(expected);
  });

  test('gzip of several members, and zstd that does not say how much it holds, are read', async () => {
    const members = Buffer.concat([gzipSync('one '), gzipSync('two')]);
    expect(decompress(1, members).toString()).toBe('one two');
    const stream = createZstdCompress();
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    const ended = new Promise((resolve) => stream.once('end', resolve));
    stream.write(text.slice(0, 100));
    stream.end(text.slice(100));
    await ended;
    expect(decompress(4, Buffer.concat(parts)).toString()).toBe(text);
  });
});

test.each([
  ['a match before the beginning', lz4Decompress, 'BCJNGGBAgggAAAAQYQUAUGFhYWFhAAAAAA=='],
  ['a length that nobody has', snappyDecompress, '/////w8='],
  ['a copy before the beginning', snappyDecompress, 'CABhBQU='],
])('%s is refused', (_name, decompress, input) => {
  expect(() => decompress(Buffer.from(input, 'base64'), bytesMax)).toThrow();
});

/** A block of snappy: a length that it claims, one literal, and copies of it. */
function snappyOf(bytes: number): Buffer {
  const length: number[] = [];
  for (let rest = bytes; ; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest < 128 ? 0 : 128));
    if (rest < 128) break;
  }
  const parts = [Buffer.from([...length, 0, 120])];
  for (let rest = bytes - 1; rest > 0; rest -= 64) parts.push(Buffer.from([((Math.min(rest, 64) - 1) << 2) | 2, 1, 0]));
  return Buffer.concat(parts);
}

function snappyInChunks(chunks: number, bytes: number): Buffer {
  const block = snappyOf(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(block.length);
  const head = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  return Buffer.concat([head, ...Array.from({ length: chunks }, () => [length, block]).flat()]);
}

/** A frame of LZ4 with one block: a literal, and one match as long as wanted. */
function lz4Of(bytes: number): Buffer {
  const more = bytes - 1 - 4 - 15;
  const block = Buffer.concat([
    Buffer.from([0x1f, 120, 1, 0]),
    Buffer.alloc(Math.floor(more / 255), 255),
    Buffer.from([more % 255, 0x00]),
  ]);
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(block.length);
  return Buffer.concat([head, length, block, Buffer.alloc(4)]);
}

describe.each<[string, number, (bytes: number) => Buffer]>([
  ['gzip', 1, (bytes) => gzipSync(Buffer.alloc(bytes, 'x'))],
  ['snappy', 2, snappyOf],
  ['snappy in chunks', 2, (bytes) => snappyInChunks(4, bytes / 4)],
  ['lz4', 3, lz4Of],
  ['zstd', 4, (bytes) => zstdCompressSync(Buffer.alloc(bytes, 'x'))],
])('what %s makes of little', (_, format, compressed) => {
  test('comes out up to the limit', () => {
    const out = decompress(format, compressed(bytesMax), bytesMax);
    expect([out.length, out[0], out.at(-1)]).toEqual([bytesMax, 120, 120]);
  });

  test('is refused beyond it, and says so', () => {
    const bomb = compressed(bytesMax + 4);
    expect(() => decompress(format, bomb, bytesMax)).toThrow(`a compressed batch has more than ${bytesMax} bytes`);
  });
});

test('the limit holds where none is given', () => {
  expect(() => decompress(4, zstdCompressSync(Buffer.alloc(decompressedBytesMax + 1)))).toThrow('more than 67108864');
  expect(decompress(4, zstdCompressSync(Buffer.alloc(decompressedBytesMax))).length).toBe(decompressedBytesMax);
});
