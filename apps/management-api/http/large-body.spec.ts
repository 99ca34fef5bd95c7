import { describe, expect, test } from '@jest/globals';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import { parseLargeBody } from './large-body.ts';

const limits = { elementsMax: 3, elementCharsMax: 100, depthMax: 4 };

function parse(text: string, turns = new TimeSlices()) {
  return parseLargeBody(text, limits, turns);
}

describe('a large body', () => {
  test('is read element by element, and others get their turn in between', async () => {
    let now = 0;
    let others = 0;
    const turns = new TimeSlices(10, () => (now += 6));
    const count = setImmediate(() => (others += 1));
    const values = await parse('[{"a":1},{"n":12345678901234567890},null]', turns);
    clearImmediate(count);
    expect(JSON.stringify(values)).toBe('[{"a":1},{"n":12345678901234567890},null]');
    expect(others).toBeGreaterThan(0);
  });

  test('ends one element after as many as there may be', async () => {
    expect(await parse('[1,2,3,4,5,6, and so on]')).toEqual([1, 2, 3, 4]);
  });

  test.each([
    ['an element that is too large', `[1,"${'x'.repeat(100)}"]`, 'payload_too_large'],
    ['a string that is too large', `["${'x'.repeat(300)}"]`, 'payload_too_large'],
    ['a list inside that is too large', `[1,${'['.repeat(300)}`, 'payload_too_large'],
    ['nothing but space', `[${' '.repeat(300)}`, 'payload_too_large'],
    ['space before it', `${' '.repeat(300)}[]`, 'payload_too_large'],
    ['one object', `{"a":1}`, 'payload_too_large'],
    ['one that is nested too deep', '[[[[[1]]]]]', 'malformed_json'],
  ])('%s is refused', async (_, text, code) => {
    await expect(parse(text)).rejects.toMatchObject({ code });
  });

  test.each(['[1,', '"a"', '[1] 2', '[nothing]'])('%p is no JSON', async (text) => {
    await expect(parse(text)).rejects.toThrow(SyntaxError);
  });
});
