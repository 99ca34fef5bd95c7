import { describe, expect, test } from '@jest/globals';
import {
  checkHeaderName,
  checkHeaders,
  checkHeaderValue,
  isCredentialHeader,
  maskHeaders,
  shownRequestHeaders,
} from './request-headers.ts';

const signatureHeader = 'X-Acme-Signature';

describe('a header that a client adds', () => {
  test.each(['X-Tenant', 'Authorization', 'x-api-key', 'Cookie', 'Accept', 'traceparent', 'X_Odd.Name~1'])(
    'may be named %s',
    (name) => {
      expect(checkHeaderName(name, signatureHeader)).toBeNull();
    },
  );

  test.each([
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'Proxy-Authenticate',
    'TE',
    'Trailer',
    'Upgrade',
    'HTTP2-Settings',
    'Expect',
    'Content-Type',
    'Content-Encoding',
    'User-Agent',
    'Webhook-Id',
    'webhook-timestamp',
    'WEBHOOK-SIGNATURE',
    'X-DeeperHub-Event',
    'x-deeperhub-anything',
    'x-acme-signature',
  ])('may not be named %s', (name) => {
    expect(checkHeaderName(name, signatureHeader)?.rule).toBe('forbidden');
  });

  test.each(['', 'a b', 'a:b', ':path', 'a\r\nb', 'ä', 'a\u0000', '(a)', 'a,b'])('cannot be named %j', (name) => {
    expect(checkHeaderName(name, signatureHeader)?.rule).toBe('name');
  });

  test.each(['', 'plain', 'a b\u00e9\u00ff', '{"json": [1]}', '~!@#$%^&*()'])('may say %j', (value) => {
    expect(checkHeaderValue(value)).toBeNull();
  });

  test.each(['a\r\nX-Evil: 1', 'a\nb', 'a\rb', 'a\u0000b', 'tab\there', '\u007f', '\u0085', 'ř', '🎉'])(
    'may not say %j',
    (value) => {
      expect(checkHeaderValue(value)?.rule).toBe('value');
    },
  );

  test('with the signature header off may take its name', () => {
    expect(checkHeaderName('X-Acme-Signature', '')).toBeNull();
  });
});

describe('the headers of a webhook', () => {
  test('are checked all at once, each problem with its name', () => {
    expect(
      checkHeaders({ Host: 'a', 'X-Ok': 'fine', 'X-Bad': 'a\nb' }, '').map(({ name, rule }) => [name, rule]),
    ).toEqual([
      ['Host', 'forbidden'],
      ['X-Bad', 'value'],
    ]);
  });

  test('may not hold one name in two cases', () => {
    expect(checkHeaders({ 'X-A': '1', 'x-a': '2' }, '')).toMatchObject([{ name: 'x-a', rule: 'duplicate' }]);
  });

  test('are bounded in number and size', () => {
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`X-${n}`, '1']));
    expect(checkHeaders(many, '')).toMatchObject([{ rule: 'count' }]);
    expect(checkHeaders({ 'X-Long': 'x'.repeat(8192) }, '')).toMatchObject([{ rule: 'size' }]);
  });
});

describe('a header value', () => {
  test.each([
    'Authorization',
    'proxy-authorization',
    'X-Api-Key',
    'api-key',
    'apikey',
    'X-ApiKey',
    'Cookie',
    'Set-Cookie',
    'X-Auth-Token',
    'x-auth',
    'X-Access-Token',
    'accessToken',
    'X-Client-Secret',
    'clientsecret',
    'X-Amz-Security-Token',
    'x-functions-key',
    'Ocp-Apim-Subscription-Key',
    'X-Password',
    'x-session-id',
    'X-CSRF-Token',
    'x_secret',
  ])('of %s is masked', (name) => {
    expect(isCredentialHeader(name)).toBe(true);
  });

  test.each([
    'content-type',
    'x-author',
    'webhook-signature',
    'x-deeperhub-signature',
    'webhook-id',
    'idempotency-key',
    'x-keyboard',
    'x-tokenizer-version',
    'date',
    'location',
  ])('of %s is shown', (name) => {
    expect(isCredentialHeader(name)).toBe(false);
  });
});

describe('what a client added', () => {
  const added = ['X-Pass', 'X-Creds', 'X-Login', 'x-functions-code', 'X-Tenant', 'Authorization', 'Accept'];

  test.each(added)('is masked, whatever its name: %s', (name) => {
    expect(maskHeaders({ [name]: 'hunter2' })).toEqual({ [name.toLowerCase()]: '********' });
  });

  test('is masked in attempts that were recorded in clear, and what the delivery says of itself is not', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const own = {
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': 'Test/1',
      'webhook-id': 'd',
      'x-deeperhub-attempt': '1',
      'x-second': 't=1,v1=00',
      traceparent,
    };
    const recorded = { ...own, 'x-pass': 'hunter2', 'x-tenant': 'acme', tracestate: 'a=b' };
    const masked = { 'x-pass': '********', 'x-tenant': '********', tracestate: '********' };
    const shownOf = (sent: string | null) =>
      shownRequestHeaders(recorded, { signatureHeader: 'X-Second', traceparent: sent });
    expect(shownOf(traceparent)).toEqual({ ...own, ...masked });
    // Of no trace: then the client brought it.
    expect(shownOf(null)).toEqual({ ...own, ...masked, traceparent: '********' });
  });
});
