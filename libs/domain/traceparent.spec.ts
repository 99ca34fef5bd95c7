import { expect, test } from '@jest/globals';
import { isTraceparent, traceIdOf } from './traceparent.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';

test.each([
  [`00-${trace}-${span}-01`, true],
  [`cc-${trace}-${span}-00`, true],
  [`ff-${trace}-${span}-01`, false],
  [`00-${'0'.repeat(32)}-${span}-01`, false],
  [`00-${trace}-${'0'.repeat(16)}-01`, false],
  [`00-${trace.toUpperCase()}-${span}-01`, false],
  [`00-${trace}-${span}-01-extra`, false],
  [`00-${trace}-${span}`, false],
  ['', false],
])('%s is a traceparent: %s', (text, expected) => {
  expect(isTraceparent(text)).toBe(expected);
});

test('its trace id is what tools show', () => {
  expect(traceIdOf(`00-${trace}-${span}-01`)).toBe(trace);
});
