import { expect, test } from '@jest/globals';
import { screenLine } from './screen-line.ts';

test.each([
  ['{"level":"info","msg":"started"}', null],
  ['{"level":"warn","msg":"delivery failed","webhookId":"w"}', '[fanout] warn: delivery failed'],
  ['{"level":"error","msg":"cannot start","error":"no broker"}', '[fanout] error: cannot start: no broker'],
  [
    '{"level":"error","msg":"invalid configuration","problem":"X is not set"}',
    '[fanout] error: invalid configuration: X is not set',
  ],
  ['Segmentation fault', '[fanout] Segmentation fault'],
  ["TypeError: cannot read 'x'", "[fanout] TypeError: cannot read 'x'"],
  ['    at run (error.js:1:2)', null],
  ['node:internal/modules/run_main:154', null],
  ['{broken', null],
  ['  ', null],
  [`{"level":"warn","msg":"${'x'.repeat(500)}"}`, `[fanout] warn: ${'x'.repeat(200)}…`],
])('%p shows as %p', (line, shown) => {
  expect(screenLine('fanout', line)).toBe(shown);
});
