import { expect, test } from '@jest/globals';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { IssuerAway, IssuerKeys } from './issuer-keys.ts';
import { isSignedJwt, OperatorTokens } from './operator-tokens.ts';

const issuer = 'https://idp.example/realms/ops';
const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const claims = part({ iss: issuer, aud: 'api', sub: 'ada', exp: 9_000_000_000 });

function tokensOf(jwk: object) {
  const ask = ({ url }: { readonly url: string }) => {
    const isDiscovery = url.endsWith('/.well-known/openid-configuration');
    const document = isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: [{ ...jwk, kid: 'a' }] };
    return Promise.resolve({ status: 200, body: JSON.stringify(document) });
  };
  const keys = new IssuerKeys({ issuer, ca: null, ask, logger: createLogger('test', 'silent'), now: () => 0 });
  const rules = { roleClaim: ['roles'], nameClaim: ['email'], roles: [] };
  return new OperatorTokens({ issuer, audience: 'api', rules, keys, now: Date.now });
}

/** A stranger needs no key to send these, so an error would be one for the asking. */
test.each([
  ['a header that is torn', `${part('{"alg":"RS256"')}.${claims}.AAAA`],
  ['a header that is a list in disguise', `${part('{"a').padEnd(9, 'A')}.e30.AAAA`],
  ['a typ that is a number', `${part({ alg: 'RS256', typ: 5 })}.${claims}.AAAA`],
  ['a typ of null', `${part({ alg: 'RS256', typ: null })}.${claims}.AAAA`],
  ['an alg that is a list', `${part({ alg: ['RS256'] })}.${claims}.AAAA`],
  ['a kid that is an object', `${part({ alg: 'RS256', kid: {} })}.${claims}.AAAA`],
  ['a crit of something', `${part({ alg: 'RS256', crit: ['x'], x: 1 })}.${claims}.AAAA`],
  ['claims that are a list', `${part({ alg: 'RS256' })}.${part([1])}.AAAA`],
])('a token with %s is refused, and is no error', async (_, token) => {
  expect(isSignedJwt(token)).toBe(true);
  expect(await tokensOf({ kty: 'oct', k: 'AAAA' }).judge(token)).toMatchObject({ kind: 'refused' });
});

test('a token whose time is over is refused while its issuer is away too, so what was opened with it ends', async () => {
  const away = { keyOf: () => Promise.reject(new IssuerAway('it does not answer')) };
  const rules = { roleClaim: ['roles'], nameClaim: ['email'], roles: [] };
  const header = part({ alg: 'RS256', kid: 'a' });
  const of = (exp: number) => `${header}.${part({ iss: issuer, aud: 'api', sub: 'ada', exp })}.AAAA`;
  const tokens = new OperatorTokens({ issuer, audience: 'api', rules, keys: away, now: () => 1_000_000 });
  expect(await tokens.judge(of(970))).toEqual({ kind: 'refused', reason: 'its time is over (`exp`)' });
  await expect(tokens.judge(of(971))).rejects.toBeInstanceOf(IssuerAway);
});

/** 1,024 bits. */
const short = Buffer.alloc(128, 0xff).toString('base64url');

test.each([
  ['that is too short', 'RS256', { kty: 'RSA', n: short, e: 'AQAB' }],
  ['without its numbers', 'RS256', { kty: 'RSA' }],
  ['of a point that is none', 'ES256', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }],
])('a key of the issuer %s lets nobody in, and is no error', async (_, alg, jwk) => {
  const token = `${part({ alg, kid: 'a' })}.${claims}.AAAA`;
  expect(await tokensOf(jwk).judge(token)).toMatchObject({
    kind: 'refused',
    reason: 'the key of its issuer cannot be used',
  });
});
