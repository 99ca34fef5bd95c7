import { describe, expect, test } from '@jest/globals';
import { lastsUntil, portalToken, readPortalToken, renewedSession, type PortalSession } from './portal-session.ts';

const session: PortalSession = {
  id: 'ps_1',
  clientId: 'acme',
  scope: 'view',
  name: 'Ann',
  issuedAt: 1_000,
  expiresAt: 61_000,
  capabilities: ['payloads.read'],
  renewal: null,
  openedBy: null,
  grantedUntil: null,
};
const current = ['k2', Buffer.alloc(32, 2)] as const;
const former = ['k1', Buffer.alloc(32, 1)] as const;
const keys = new Map([current, former]);
const token = portalToken(session, keys);

test('a token says what it was made from, until its time is over', () => {
  expect(readPortalToken(token, keys, 1_000)).toEqual(session);
  expect(readPortalToken(token, keys, 60_999)).toEqual(session);
  expect(readPortalToken(token, keys, 61_000)).toBeNull();
});

test('a token of an earlier version has the capabilities of its scope', () => {
  const { capabilities: _, renewal: __, openedBy: ___, grantedUntil: ____, ...former } = session;
  expect(readPortalToken(portalToken(former as PortalSession, keys), keys, 1_000)).toEqual(session);
});

test('a session is renewed by its own length, until its last moment and never to an earlier one', () => {
  const renewable = { ...session, renewal: { lifeMs: 60_000, until: 100_000 } };
  const endAt = (now: number) => renewedSession(renewable, now)?.expiresAt;
  expect([endAt(1_000), endAt(31_000), endAt(60_000), endAt(0)]).toEqual([61_000, 91_000, 100_000, 61_000]);
  expect(renewedSession(renewable, 31_000)).toEqual({ ...renewable, expiresAt: 91_000 });
  expect(renewedSession(session, 31_000)).toBeNull();
  expect([lastsUntil(renewable), lastsUntil(session)]).toEqual([100_000, 61_000]);
});

test('a token of a former key is good as long as the key is there', () => {
  const old = portalToken(session, new Map([former]));
  expect(readPortalToken(old, keys, 1_000)).toEqual(session);
  expect(readPortalToken(old, new Map([current]), 1_000)).toBeNull();
});

function withPayload(change: Partial<PortalSession>, signedBy: ReadonlyMap<string, Buffer> | null): string {
  const forged = portalToken({ ...session, ...change }, signedBy ?? keys);
  return signedBy === null ? `${forged.split('.')[0] ?? ''}.${token.split('.')[1] ?? ''}` : forged;
}

describe('no token is', () => {
  test.each<[string, string]>([
    ['nothing', ''],
    ['an API key', 'whk_AAAA'],
    ['a prefix', 'whp_'],
    ['no signature', token.split('.')[0] ?? ''],
    ['an empty signature', `${token.split('.')[0] ?? ''}.`],
    ['a short signature', token.slice(0, -4)],
    ['one more part', `${token}.x`],
    ['a payload that is no JSON', `whp_AAAA.${token.split('.')[1] ?? ''}`],
    ['a payload that is null', `whp_${Buffer.from('null').toString('base64url')}.AAAA`],
    ['another client under the same signature', withPayload({ clientId: 'other' }, null)],
    ['more time under the same signature', withPayload({ expiresAt: 9e15 }, null)],
    ['a wider scope under the same signature', withPayload({ scope: 'manage' }, null)],
    ['the key of somebody else', withPayload({}, new Map([['k2', Buffer.alloc(32, 9)]]))],
    ['a key that is not there', withPayload({}, new Map([['k9', Buffer.alloc(32, 2)]]))],
  ])('%s', (_, text) => {
    expect(readPortalToken(text, keys, 1_000)).toBeNull();
  });
});
