import { expect, test } from '@jest/globals';
import { ApiProblem, ApiUnreachable } from '../libs/api-client/api-problem.ts';
import { CliFailure, toldOf } from './failure.ts';

const refused = new Response('', { status: 422, headers: { 'retry-after': '3' } });
const problem = {
  code: 'validation_failed',
  detail: 'It is not valid.',
  errors: [{ path: '/url', rule: 'scheme', message: 'Has to be https.' }],
};

test.each<[string, unknown, object]>([
  ['a failure', new CliFailure('unverified', 'No.'), { kind: 'unverified', lines: ['No.'] }],
  ['one with lines', new CliFailure('usage', 'Two:', { more: ['a', 'b'] }), { lines: ['Two:', 'a', 'b'] }],
  [
    'a problem, field by field',
    ApiProblem.of(refused, problem),
    {
      kind: 'refused',
      code: 'validation_failed',
      lines: ['It is not valid. (validation_failed, HTTP 422)', '/url: Has to be https.', 'Try again in 3 s.'],
    },
  ],
  [
    'a page of a proxy',
    ApiProblem.of(new Response('', { status: 502 }), '<html>'),
    { kind: 'refused', code: 'http_502', lines: ['answered 502 (http_502, HTTP 502)'] },
  ],
  [
    'nobody there',
    new ApiUnreachable('http://a', new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })),
    { kind: 'unreachable', lines: ['The API at http://a does not answer: connect ECONNREFUSED.', expect.any(String)] },
  ],
  ['a defect', new TypeError('x is not a function'), { kind: 'defect', lines: ['x is not a function'] }],
])('%s', (_, error, told) => {
  expect(toldOf(error)).toMatchObject(told);
});

test('a key that is no good is told with the way out', () => {
  const { lines } = toldOf(
    ApiProblem.of(new Response('', { status: 401 }), { code: 'unauthenticated', detail: 'No.' }),
  );
  expect(lines.at(-1)).toMatch(/DEEPERHUB_API_KEY/);
});
