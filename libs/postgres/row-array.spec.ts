import { describe, expect, test } from '@jest/globals';
import { rowArray } from './row-array.ts';

const columns = { id: 'uuid', at: 'timestamptz', name: 'text', count: 'int4', headers: 'json' } as const;
const nothing = { id: null, at: null, name: null, count: null, headers: null };

describe('an array of rows', () => {
  test('is what array_recv and record_recv of PostgreSQL read', () => {
    const row = { ...nothing, id: '00112233-4455-6677-8899-aabbccddeeff', at: 946_684_800_001, name: 'é' };
    const expected =
      // one dimension, no nulls, of type 99999, one row, from index 1
      '00000001' +
      '00000000' +
      '0001869f' +
      '00000001' +
      '00000001' +
      // a row of 70 bytes and five columns: type, length, value
      '00000046' +
      '00000005' +
      '00000b86' +
      '00000010' +
      '00112233445566778899aabbccddeeff' +
      '000004a0' +
      '00000008' +
      '00000000000003e8' +
      '00000019' +
      '00000002' +
      'c3a9' +
      '00000017' +
      'ffffffff' + // null
      '00000072' +
      'ffffffff';
    expect(rowArray(99_999, columns, [row]).toString('hex')).toBe(expected);
  });

  test('#19 times far from now, before 2000 too, are exact', () => {
    const times = [946_684_799_999, 0, -62_135_596_800_000, 946_684_800_000, 1_764_500_000_123, 8_640_000_000_000_000];
    for (const at of times) {
      const bytes = rowArray(5, columns, [{ ...nothing, at }]);
      // Behind the head, the row's length and count, a null id, and the type and length of this one.
      expect(bytes.readBigInt64BE(20 + 8 + 8 + 8)).toBe(BigInt(at - 946_684_800_000) * 1_000n);
    }
  });

  test.each([
    '00112233-4455-6677-8899-aabbccddeefg',
    '00112233-4455-6677-8899-AABBCCDDEEFF',
    '001122334455-6677-8899-aabbccddeeff-',
    '00112233-4455-6677-8899-aabbccddeef',
    '00112233-4455-6677-8899-aabbccddee\u00e9f',
    '001122330445506677088990aabbccddeeff',
  ])('#19 %s is no id', (id) => {
    expect(() => rowArray(5, columns, [{ ...nothing, id }])).toThrow(RangeError);
  });

  test('of no rows has no dimension', () => {
    expect(rowArray(5, columns, []).toString('hex')).toBe('000000000000000000000005');
  });

  test('of many rows grows', () => {
    const name = 'x'.repeat(50_000);
    const bytes = rowArray(
      5,
      columns,
      Array.from({ length: 20 }, () => ({ ...nothing, name })),
    );
    expect(bytes.toString('latin1').split(name)).toHaveLength(21);
  });

  test('has no NUL and no lone surrogate, which a text of PostgreSQL cannot hold', () => {
    const row = { ...nothing, name: 'a\0b\ud800', headers: { x: 'c\0d\udc00' } };
    const text = rowArray(5, columns, [row]).toString();
    expect(text).toContain('a\ufffdb\ufffd');
    expect(text).toContain('{"x":"c\ufffdd\ufffd"}');
  });

  test.each([
    ['a time that is none', { at: NaN }],
    ['a time beyond every date', { at: 1e17 }],
    ['a number beyond its column', { count: 2 ** 31 }],
    ['a fraction', { count: 1.5 }],
    ['an id that is none', { id: 'nobody' }],
  ])('refuses %s', (_, fields) => {
    expect(() => rowArray(5, columns, [{ ...nothing, ...fields }])).toThrow(RangeError);
  });
});
