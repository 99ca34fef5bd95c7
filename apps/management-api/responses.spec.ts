import { expect, test } from '@jest/globals';
import { attemptErrorResponse } from './responses.ts';

const failed = { status: 'failed_permanent', responseCode: null, reason: 'refused_address' } as const;

test('an attempt of an earlier version tells no address that a name resolved to', () => {
  const errorMessage = 'hooks.example resolves to 10.0.0.7, which is refused: it is a private address';
  expect(attemptErrorResponse({ ...failed, errorKind: 'refused-address', errorMessage })).toEqual({
    kind: 'refused-address',
    message: 'hooks.example resolves to a private or blocked address, which is refused',
  });
});

test('an address that stands in the URL is told as it was written', () => {
  const errorMessage = '10.0.0.7 is refused: it is a private address';
  expect(attemptErrorResponse({ ...failed, errorKind: 'refused-address', errorMessage })?.message).toBe(errorMessage);
});
