import { expect, test } from '@jest/globals';
import { bodyOf, emptyValues, patchOf } from './form-values.ts';

test('what is left empty is left to the installation', () => {
  expect(bodyOf({ ...emptyValues, url: ' https://a.example/ ', eventTypes: 'order.*, invoice.paid' })).toEqual({
    url: 'https://a.example/',
    eventTypes: ['order.*', 'invoice.paid'],
    description: null,
    filter: null,
    ordering: 'inOrder',
    rateLimitPerSecond: null,
    format: 'json',
    headers: {},
    autoHeal: true,
    labels: {},
    externalId: null,
  });
});

test('what cannot be read is sent as it was typed', () => {
  const body = bodyOf({ ...emptyValues, timeoutMs: 'ten', filter: '{', ordering: 'parallel', maxInFlight: '5' });
  expect(body).toMatchObject({ timeoutMs: 'ten', filter: '{', maxInFlight: 5 });
});

test('a patch has what differs, and null for headers that went', () => {
  const before = { ...emptyValues, timeoutMs: '5000', headers: [{ name: 'a', value: '********' }] };
  const after = { ...before, timeoutMs: '8000', headers: [{ name: 'b', value: '1' }], ca: 'PEM' };
  expect(patchOf(before, before)).toEqual({});
  expect(patchOf(before, after)).toEqual({ timeoutMs: 8000, headers: { a: null, b: '1' }, tls: { ca: 'PEM' } });
  const labelled = { ...before, labels: [{ name: 'team', value: 'billing' }] };
  expect(patchOf(labelled, { ...before, labels: [{ name: ' stage ', value: 'live' }] })).toEqual({
    labels: { stage: 'live', team: null },
  });
  expect(patchOf(before, { ...before, maxAttempts: '3' })).toEqual({ retryPolicy: { maxAttempts: 3 } });
});

test('a number of a filter that no double holds is sent as it was typed', () => {
  const { filter } = bodyOf({ ...emptyValues, filter: '{"data.id": 12345678901234567891}' });
  expect(JSON.stringify(filter)).toBe('{"data.id":12345678901234567891}');
});
