import { expect, test } from '@jest/globals';
import { maskedFields } from './masked-fields.ts';

test('values under the names of secrets are masked, at any depth that is logged', () => {
  const fields = {
    id: 'w',
    secret: 'a',
    nested: { Token: 'b', list: [1], deeper: { authorization: 'c', kept: true } },
  };
  expect(maskedFields(fields)).toEqual({
    id: 'w',
    secret: '********',
    nested: { Token: '********', list: [1], deeper: { authorization: '********', kept: true } },
  });
});

test('what is no plain object is left to the logger', () => {
  const at = new Date(0);
  const error = new Error('x');
  expect(maskedFields({ at, error, none: null })).toEqual({ at, error, none: null });
});
