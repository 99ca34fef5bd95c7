import { expect, test } from '@jest/globals';
import { crc32c } from './crc32c.ts';

/** RFC 3720, appendix B.4, and the check value of the CRC catalogue (CRC-32/ISCSI). */
test.each([
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ['digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('the checksum of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
  expect(crc32c(Buffer.concat([Buffer.from('ab'), bytes, Buffer.from('c')]), 2, 2 + bytes.length)).toBe(expected);
});

test('#19 wherever the bytes lie and however many they are, it is that of one byte after the other', () => {
  const bytes = Buffer.from(Array.from({ length: 200 }, (_, index) => (index * 151 + 7) & 0xff));
  for (let start = 0; start < 9; start += 1) {
    for (let end = start; end < 90; end += 1) {
      let crc = -1;
      for (const byte of bytes.subarray(start, end)) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
      }
      expect(crc32c(bytes, start, end)).toBe(~crc >>> 0);
      expect(crc32c(bytes.subarray(start, end))).toBe(~crc >>> 0);
    }
  }
});
