import { expect, test } from '@jest/globals';
import { ErasedSubject } from './erasure.ts';
import { parseLossless } from '../payload/lossless-json.ts';

const replaced = (subject: string, value: unknown) => new ErasedSubject(subject).replacedIn(value);

test.each([
  ['ann@example.com', 'ann@example.com', 'erased'],
  ['ann@example.com', 'ANN@Example.com', 'erased'],
  ['ann@example.com', 'write to ann@example.com.', 'write to erased.'],
  ['ann@example.com', 'joann@example.com', 'joann@example.com'],
  ['ann@example.com', 'jo.ann@example.com', 'jo.ann@example.com'],
  ['ann@example.com', 'ann@example.com.br', 'ann@example.com.br'],
  ['Ann', 'the hook of Ann (channel)', 'the hook of erased (channel)'],
  ['Ann', 'Mary-Ann', 'Mary-Ann'],
  ['10.0.0.1', '10.0.0.10', '10.0.0.10'],
  ['10.0.0.1', 'from 10.0.0.1:443', 'from erased:443'],
  ['José (ops) [1]', 'josé (ops) [1]', 'erased'],
  ['a|b*', 'a|b*', 'erased'],
])('%j in %j becomes %j', (subject, text, becomes) => {
  expect(replaced(subject, text)).toBe(becomes);
});

test('values of any depth are replaced, names and numbers stay as they were', () => {
  const text =
    '{"ann@example.com":1,"noticeEmails":["ann@example.com","bob@example.com"],"filter":{"id":9007199254740993}}';
  expect(JSON.stringify(replaced('ann@example.com', parseLossless(text)))).toBe(
    text.replace('["ann@example.com"', '["erased"'),
  );
});

test('long text costs linear time', () => {
  const text = 'a.'.repeat(500_000);
  const begun = performance.now();
  expect(replaced('a.a.a.b', text)).toBe(text);
  expect(performance.now() - begun).toBeLessThan(20_000);
});
