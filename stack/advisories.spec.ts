import { expect, test } from '@jest/globals';
import { judge } from './advisories.mjs';

const found = (severity: string) =>
  JSON.stringify({ vulnerabilities: { undici: { name: 'undici', severity, range: '<8.0.0' } } });

test.each([
  ['{"vulnerabilities":{}}', false, '✓ Nothing is known'],
  [found('moderate'), false, '✗ undici <8.0.0: moderate'],
  [found('critical'), true, '✗ undici <8.0.0: critical'],
  [
    '{"message":"405 Method Not Allowed","error":{"summary":""}}',
    false,
    '? Not known: the registry could not be asked (405',
  ],
  ['', false, '? Not known'],
])('%s', (report, isSerious, line) => {
  expect(judge(report)).toEqual({ lines: [expect.stringContaining(line)], isSerious });
});
