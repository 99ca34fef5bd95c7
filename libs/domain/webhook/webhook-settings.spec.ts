import { describe, expect, test } from '@jest/globals';
import {
  changedSettings,
  initialSettings,
  unreadableKept,
  unreadableValue,
  type GivenSettings,
  type WebhookDefaults,
} from './webhook-settings.ts';

const defaults: WebhookDefaults = {
  timeoutMs: 5000,
  retryPolicy: { maxAttempts: 8, baseDelayMs: 5000, maxDelayMs: 60_000, backoffFactor: 6, jitter: 0.2 },
  signatureAlgorithm: 'hmac-sha256',
};
const initial = initialSettings('https://example.com', ['a'], defaults);
const current = {
  ...initial,
  description: 'mine',
  headers: { authorization: 'Bearer x', 'x-a': '1' },
  filter: '{"type":"a"}',
  ordering: 'strict',
  maxInFlight: 3,
  rateLimitPerSecond: 2,
  timeoutMs: 9000,
  retryPolicy: { ...defaults.retryPolicy, maxAttempts: 2 },
  format: 'xml',
  successCodes: [302],
  retryOn: [404],
  failOn: ['5xx'],
  autoHealGone: true,
  tls: { ca: 'CA', cert: 'CERT', key: 'KEY' },
} as const;

test.each([
  ["https://example.com/it's", "https://example.com/it's"],
  ['https://example.com/{id}', 'https://example.com/%7Bid%7D'],
  ['https://example.com/a/../b', 'https://example.com/b'],
  ['https://example.com/%2e%2e/b', 'https://example.com/b'],
  ['https://example.com/a?', 'https://example.com/a'],
  ["https://example.com/a?q='{x}'&sig=a%2Bb/c%3D#there", 'https://example.com/a?q=%27{x}%27&sig=a%2Bb/c%3D'],
  ['https://EXAMPLE.com:443/A', 'https://example.com/A'],
  ['https://example.com', 'https://example.com'],
  ['https://bücher.example/ä', 'https://xn--bcher-kva.example/%C3%A4'],
  ['no URL', 'no URL'],
])('#72 the URL %s is shown as it is called: %s', (url, called) => {
  expect(changedSettings(current, { url }, defaults).url).toBe(called);
  expect(changedSettings(current, { url: called }, defaults).url).toBe(called);
});

test('nothing given changes nothing', () => {
  expect(changedSettings(current, {}, defaults)).toEqual(current);
});

test('null takes every setting back to its default', () => {
  const given: GivenSettings = {
    description: null,
    headers: null,
    filter: null,
    ordering: null,
    maxInFlight: null,
    rateLimitPerSecond: null,
    timeoutMs: null,
    retryPolicy: null,
    format: null,
    successCodes: null,
    retryOn: null,
    failOn: null,
    autoHealGone: null,
    tls: null,
  };
  expect(changedSettings(current, given, defaults)).toEqual(initial);
});

test('what is given replaces, members of the retry policy one by one', () => {
  const given: GivenSettings = { url: 'https://b.example', eventTypes: ['b'], retryPolicy: { jitter: 0 }, filter: {} };
  expect(changedSettings(current, given, defaults)).toEqual({
    ...current,
    url: 'https://b.example',
    eventTypes: ['b'],
    retryPolicy: { ...current.retryPolicy, jitter: 0 },
    filter: '{}',
  });
});

describe('headers', () => {
  test.each<[string, GivenSettings['headers'], Record<string, string>]>([
    ['are added', { 'X-B': '2' }, { ...current.headers, 'x-b': '2' }],
    ['are replaced in any case', { 'X-A': '2' }, { ...current.headers, 'x-a': '2' }],
    ['are removed by null', { 'X-A': null, none: null }, { authorization: 'Bearer x' }],
    ['keep their value when it comes back masked', { Authorization: '********' }, current.headers],
    ['may be a mask where there was nothing', { 'x-b': '********' }, { ...current.headers, 'x-b': '********' }],
  ])('%s', (_, headers, expected) => {
    expect(changedSettings(current, { headers }, defaults).headers).toEqual(expected);
  });
});

describe('what no key opens any more', () => {
  const lost = {
    ...current,
    headers: { authorization: unreadableValue, 'x-a': unreadableValue },
    tls: { cert: unreadableValue, key: unreadableValue },
  };
  const keptAfter = (given: GivenSettings) => unreadableKept(lost, changedSettings(lost, given, defaults));

  test.each<[string, GivenSettings, ReturnType<typeof unreadableKept>]>([
    ['stays when nothing of it is given', { description: 'new', url: 'https://b.example' }, []],
    ['stays when all of it comes back masked', { headers: { Authorization: '********' } }, []],
    ['goes with null', { headers: null, tls: null }, []],
    ['is replaced as a whole', { headers: { Authorization: 'y', 'X-A': null }, tls: { cert: 'C', key: 'K' } }, []],
    ['is not kept beside a new value', { headers: { 'x-a': '2', 'x-b': '3' } }, [['headers', 'authorization']]],
    ['is not kept beside a removed one', { tls: { key: null } }, [['tls', 'cert']]],
  ])('%s', (_, given, expected) => {
    expect(keptAfter(given)).toEqual(expected);
  });
});

describe('TLS material', () => {
  test.each<[string, GivenSettings['tls'], object | null]>([
    ['stays when nothing is given', undefined, current.tls],
    ['goes with null', null, null],
    ['is replaced member by member', { ca: 'CA2' }, { ...current.tls, ca: 'CA2' }],
    ['loses members by null', { cert: null, key: null }, { ca: 'CA' }],
    ['is none when its last member goes', { ca: null, cert: null, key: null }, null],
    ['keeps a key that comes back masked', { cert: 'CERT2', key: '********' }, { ...current.tls, cert: 'CERT2' }],
  ])('%s', (_, tls, expected) => {
    expect(changedSettings(current, { tls }, defaults).tls).toEqual(expected);
  });

  test('may be a mask where there was nothing: that is refused later, as no PEM', () => {
    expect(changedSettings(initial, { tls: { cert: 'CERT', key: '********' } }, defaults).tls).toEqual({
      cert: 'CERT',
      key: '********',
    });
  });
});

describe('labels', () => {
  const labelled = { ...initial, labels: { zone: 'eu', a: '1' } };
  const after = (labels: GivenSettings['labels']) => changedSettings(labelled, { labels }, defaults).labels;

  test('are changed one by one', () => {
    expect(after({ a: null, b: '2' })).toEqual({ zone: 'eu', b: '2' });
    expect(after(null)).toEqual({});
  });

  test('that stay are the same text, whatever the order they come in', () => {
    expect(JSON.stringify(after({ a: '1', zone: 'eu' }))).toBe(JSON.stringify(labelled.labels));
    expect(after({ nobody: null })).toBe(labelled.labels);
  });
});
