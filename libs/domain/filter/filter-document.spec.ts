/** docs/filters.md is the language as it is: its examples are tried, and no operator is left out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseLossless } from '../payload/lossless-json.ts';
import { filterLimits, parseFilter, type FilterEvent } from './filter.ts';

interface Example {
  readonly filter: unknown;
  readonly matches: readonly Partial<FilterEvent>[];
  readonly not: readonly Partial<FilterEvent>[];
}

const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'filters.md'), 'utf8');
const blocks = [...text.matchAll(/```json\n([^`]*)```/g)].map(([, json = '']) => parseLossless(json));
const examples = blocks.filter(
  (block): block is Example => typeof block === 'object' && block !== null && 'filter' in block,
);

function eventOf(members: Partial<FilterEvent>): FilterEvent {
  const time = '2026-03-14T09:26:53.589Z';
  return { id: 'e', type: 'order.created', source: '/orders', subject: null, time, data: null, ...members };
}

test.each(examples.map((example) => [JSON.stringify(example.filter), example] as const))('%s', (_, example) => {
  const filter = parseFilter(example.filter);
  if (!filter.ok) throw new Error(filter.message);
  const answers = (events: Example['matches']) => events.map((event) => [event, filter.matches(eventOf(event))]);
  expect(answers(example.matches)).toEqual(example.matches.map((event) => [event, true]));
  expect(answers(example.not)).toEqual(example.not.map((event) => [event, false]));
  expect(Math.min(example.matches.length, example.not.length)).toBeGreaterThan(0);
});

test('the filter at its beginning is one, and every operator has an example', () => {
  expect(parseFilter(blocks[0]).ok).toBe(true);
  expect(examples.length).toBe(blocks.length - 1);
  const operators = '$eq $ne $in $nin $gt $gte $lt $lte $exists $prefix $not $and $or'.split(' ');
  const shown = JSON.stringify(examples.map(({ filter }) => filter));
  expect(operators.filter((operator) => !shown.includes(`"${operator}"`))).toEqual([]);
});

test('its limits are those of the code', () => {
  const { conditionsMax, depthMax, pathSegmentsMax, stringLengthMax, visitsMax } = filterLimits;
  const limits = text.slice(text.indexOf('## Limits'));
  for (const limit of [conditionsMax, depthMax, pathSegmentsMax, stringLengthMax, visitsMax]) {
    expect(limits).toContain(limit.toLocaleString('en'));
  }
});
