import { describe, expect, test } from '@jest/globals';
import { carriedTraceparent, isSampled, sampledTraceIds, traceIdOf } from './traceparent.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const ids = `${trace}-${span}`;

describe('what is carried of a traceparent', () => {
  test.each([
    ['one that is sampled', `00-${ids}-01`, `00-${ids}-01`],
    ['one that is not', `00-${ids}-00`, `00-${ids}-00`],
    ['that its trace id is random', `00-${ids}-03`, `00-${ids}-03`],
    ['flags that nobody knows', `00-${ids}-fd`, `00-${ids}-01`],
    ['a later version', `cc-${ids}-01`, `00-${ids}-01`],
    ['a later version, flags that nobody knows', `cc-${ids}-09`, `00-${ids}-01`],
    ['a later version that is not sampled', `01-${ids}-fc`, `00-${ids}-00`],
    ['a later version with more', `cc-${ids}-01-what-the-future-brings`, `00-${ids}-01`],
  ])('%s', (_, text, carried) => {
    expect(carriedTraceparent(text)).toBe(carried);
  });

  test.each([
    ['version ff', `ff-${ids}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${span}-01`],
    ['a parent id of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
    ['zeros in a later version', `cc-${'0'.repeat(32)}-${span}-01`],
    ['capitals', `00-${ids.toUpperCase()}-01`],
    ['a short trace id', `00-${trace.slice(1)}-${span}-01`],
    ['a long trace id', `00-${trace}0-${span}-01`],
    ['a short parent id', `00-${trace}-${span.slice(1)}-01`],
    ['no flags', `00-${ids}`],
    ['flags of one digit', `00-${ids}-1`],
    ['flags of three digits', `00-${ids}-011`],
    ['more in version 00', `00-${ids}-01-more`],
    ['more without a dash in a later version', `cc-${ids}-01more`],
    ['no hexadecimal digits', `00-${trace.replace('4', 'g')}-${span}-01`],
    ['a blank before', ` 00-${ids}-01`],
    ['a line end after', `00-${ids}-01\n`],
    ['two of them', `00-${ids}-01,00-${ids}-01`],
    ['far too much', `cc-${ids}-01-${'x'.repeat(10_000)}`],
    ['nothing', ''],
    ['null', null],
    ['no header', undefined],
    ['a list', [`00-${ids}-01`]],
    ['a number', 7],
  ])('nothing of %s', (_, text) => {
    expect(carriedTraceparent(text)).toBeNull();
  });
});

test('its trace id is what tools show', () => {
  expect(traceIdOf(`00-${ids}-01`)).toBe(trace);
});

test.each([
  ['00', false],
  ['01', true],
  ['02', false],
  ['03', true],
])('flags %s mean sampled: %s', (flags, sampled) => {
  expect(isSampled(`00-${ids}-${flags}`)).toBe(sampled);
});

test('a line about many things names the traces that are sampled, each once and no more than it may', () => {
  const of = (digit: string, flags: string) => ({ traceparent: `00-${digit.repeat(32)}-${span}-${flags}` });
  const carriers = [{ traceparent: null }, of('a', '01'), of('b', '00'), of('a', '01'), of('c', '01'), of('d', '01')];
  expect(sampledTraceIds(carriers, 2)).toEqual(['a'.repeat(32), 'c'.repeat(32)]);
  expect(sampledTraceIds([{ traceparent: null }], 2)).toEqual([]);
});
