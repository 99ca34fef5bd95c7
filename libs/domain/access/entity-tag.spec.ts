import { expect, test } from '@jest/globals';
import { entityTag, versionCondition } from './entity-tag.ts';

test('a tag is the version in quotes', () => {
  expect(entityTag(12)).toBe('"12"');
});

test.each<[string | undefined, boolean]>([
  [undefined, true],
  ['*', true],
  ['"3"', true],
  ['"2", "3"', true],
  ['"2","3"', true],
  [' "3" ', true],
  ['"2"', false],
  ['"33"', false],
  ['W/"3"', true],
  ['"2", W/"3"', true],
  ['W/"2"', false],
  ['w/"3"', false],
  ['W/3', false],
  ['3', false],
  ['', false],
  ['"3', false],
  ['"2"3"', false],
])('#55 If-Match %j of version 3: %j', (header, fits) => {
  expect(versionCondition(header)(3)).toBe(fits);
});
