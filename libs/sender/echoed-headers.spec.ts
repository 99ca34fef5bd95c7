import { expect, test } from '@jest/globals';
import { withoutEchoes } from './echoed-headers.ts';

test('what a client added is masked where an endpoint answers with it, in headers and in the body, and the rest stays as it was', () => {
  const values = {
    'x-pass': 'hunter2',
    authorization: 'Basic YTpi',
    'x-name': 'Größe',
    accept: 'text/plain',
    'x-on': '1',
  };
  const body = 'got hunter2, hunter2 and Basic YTpi of Größe as text/plain: 1';
  const answer = {
    kind: 'answer',
    code: 200,
    headers: { 'content-type': 'text/plain', 'x-echo': 'hunter2; 1', 'x-other': 'kept' },
    bodySample: Buffer.from(body),
    bodyTruncated: false,
    latencyMs: 1,
  } as const;
  const shown = withoutEchoes(answer, values);
  expect(shown.headers).toEqual({ 'content-type': 'text/plain', 'x-echo': '********; 1', 'x-other': 'kept' });
  const stars = (text: string) => '*'.repeat(Buffer.byteLength(text));
  expect(shown.bodySample.toString()).toBe(
    `got ${stars('hunter2')}, ${stars('hunter2')} and ${stars('Basic YTpi')} of ${stars('Größe')} as text/plain: 1`,
  );
  const begun = withoutEchoes(
    { ...answer, headers: { 'x-echo': 'Bearer abcdef' } },
    { a: 'Bearer', b: 'Bearer abcdef' },
  );
  expect(begun.headers).toEqual({ 'x-echo': '********' });
  expect(withoutEchoes({ kind: 'error', errorKind: 'timeout', message: 'x', latencyMs: 1 }, values)).toMatchObject({
    message: 'x',
  });
});
