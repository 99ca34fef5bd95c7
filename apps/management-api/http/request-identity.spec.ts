import { expect, test } from '@jest/globals';
import { identityOf, newIdentity } from './request-identity.ts';

const claim = { owner: 'key_1', key: 'once', requestHash: 'ab', token: 't', firstAt: 1_700_000_000_000 };

test('a repeat under a key has the ids and the time of the first try, in whatever try it is', () => {
  const first = identityOf(claim);
  const second = identityOf({ ...claim, token: 'another' });
  expect(second.now).toBe(claim.firstAt);
  expect([second.idOf('event'), second.idOf('event', 1), second.idOf('round')]).toEqual([
    first.idOf('event'),
    first.idOf('event', 1),
    first.idOf('round'),
  ]);
  expect(first.idOf('event')).toMatch(/^evt_018bcfe56800[0-9a-f]{20}$/);
});

test.each([
  ['another owner', { owner: 'key_2' }],
  ['another key', { key: 'twice' }],
  ['another request', { requestHash: 'cd' }],
  ['a first try of another time', { firstAt: 1_700_000_000_001 }],
  ['a name that only looks alike', { owner: 'key_1","once', key: '' }],
])('%s has other ids', (_, change) => {
  expect(identityOf({ ...claim, ...change }).idOf('event')).not.toBe(identityOf(claim).idOf('event'));
});

test('without a key no two are alike', () => {
  const { idOf } = newIdentity(1);
  expect(idOf('event')).not.toBe(idOf('event'));
});
