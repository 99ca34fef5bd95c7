import { expect, test } from '@jest/globals';
import { sampleText } from './body-sample.ts';

test.each([
  ['UTF-8 without being told', Buffer.from('für 日本'), undefined, 'für 日本'],
  ['UTF-8 as it is told', Buffer.from('für'), 'text/plain; charset=UTF-8', 'für'],
  ['Latin-1', Buffer.from('für', 'latin1'), 'text/html;charset=iso-8859-1', 'für'],
  ['Shift JIS, in quotes', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), 'text/plain; charset="Shift_JIS"', '日本'],
  ['UTF-16', Buffer.from('ok', 'utf16le'), 'text/plain; charset=utf-16le', 'ok'],
  ['a charset that is none', Buffer.from('für'), 'text/plain; charset=klingon', 'für'],
  ['bytes that are no text', Buffer.from([0x00, 0xff, 0x41]), 'application/octet-stream', '\u0000\ufffdA'],
  ['nothing', Buffer.alloc(0), undefined, ''],
])('%s is read', (_what, bytes, contentType, text) => {
  expect(sampleText(bytes, contentType, false)).toBe(text);
});

test('a last character that was cut in two is left out, and only then', () => {
  const whole = Buffer.from('für');
  expect(sampleText(whole.subarray(0, 2), undefined, true)).toBe('f');
  expect(sampleText(whole.subarray(0, 2), undefined, false)).toBe('f\ufffd');
});
