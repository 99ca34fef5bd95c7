import { expect, test } from '@jest/globals';
import { pastedHeaders } from './pasted-request.ts';

const headers = { 'webhook-id': 'd-1', 'webhook-timestamp': '1773480413', 'webhook-signature': 'v1,aGk= v1,YW4=' };

test.each([
  ['lines', 'Webhook-Id: d-1\nWebhook-Timestamp: 1773480413\nWebhook-Signature: v1,aGk= v1,YW4='],
  ['a whole request', 'webhook-id:d-1\r\nwebhook-timestamp:  1773480413 \r\nwebhook-signature: v1,aGk= v1,YW4=\r\n'],
  ['curl', "-H 'webhook-id: d-1' \\\n-H 'webhook-timestamp: 1773480413' \\\n-H 'webhook-signature: v1,aGk= v1,YW4='"],
  ['JSON', JSON.stringify(headers)],
  ['JSON of lists', JSON.stringify(Object.fromEntries(Object.entries(headers).map(([n, v]) => [n, ['x', v]])))],
  ['JSON of pairs', JSON.stringify(Object.entries(headers))],
  [
    'an object as a console shows it',
    "'webhook-id': 'd-1',\n'webhook-timestamp': '1773480413',\n'webhook-signature': 'v1,aGk= v1,YW4=',",
  ],
])('%s', (_, text) => {
  expect(pastedHeaders(text)).toEqual(headers);
});

test('the request line and what is no header say nothing', () => {
  expect(pastedHeaders('POST /hooks?x=1 HTTP/1.1\nhost: a.example:8080\n\nnot a header')).toEqual({
    host: 'a.example:8080',
  });
});

test('a name such as __proto__ is a name', () => {
  expect(Object.keys(pastedHeaders('__proto__: x'))).toEqual(['__proto__']);
});
