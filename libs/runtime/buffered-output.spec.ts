import { describe, expect, test } from '@jest/globals';
import { BufferedOutput, type WriteSome } from './buffered-output.ts';

const options = { bufferedBytesMax: 10, owedBytesMax: 30 };

function failing(code: string): WriteSome {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

describe('buffered output', () => {
  test('lines wait for each other and go out together, in order', () => {
    const written: string[] = [];
    const output = new BufferedOutput((bytes) => {
      written.push(bytes.toString('utf8'));
      return bytes.length;
    }, options);
    output.write('one\n');
    output.write('two\n');
    expect(written).toEqual([]);
    output.write('three\n');
    expect(written).toEqual(['one\ntwo\nthree\n']);
    output.write('four\n');
    expect(output.flush()).toBe(true);
    expect(written).toEqual(['one\ntwo\nthree\n', 'four\n']);
  });

  test('a reader that takes a part at a time gets every byte once', () => {
    let seen = Buffer.alloc(0);
    const output = new BufferedOutput((bytes) => {
      seen = Buffer.concat([seen, bytes.subarray(0, 3)]);
      return Math.min(3, bytes.length);
    }, options);
    output.write('grüße and more\n');
    expect(seen.toString('utf8')).toBe('grüße and more\n');
  });

  test('a reader that is gone costs the lines, not the process', () => {
    const output = new BufferedOutput(failing('EPIPE'), options);
    output.write('a line that is longer than the buffer\n');
    expect(output.flush()).toBe(true);
  });

  test('for a slow reader lines wait, up to a bound', () => {
    let isSlow = true;
    const written: string[] = [];
    const slow = failing('EAGAIN');
    const output = new BufferedOutput((bytes) => {
      if (isSlow) return slow(bytes);
      written.push(bytes.toString('utf8'));
      return bytes.length;
    }, options);
    for (const name of ['first', 'second', 'third', 'fourth', 'fifth']) output.write(`${name} line\n`);
    expect(output.flush()).toBe(false);
    isSlow = false;
    expect(output.flush()).toBe(true);
    expect(written.join('')).toBe('first line\nsecond line\nthird line\n');
  });
});
