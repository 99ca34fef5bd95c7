/** Operators who come with tokens of a real provider of OpenID Connect: who gets in, as what, and what it costs the provider. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { audience, OidcProvider, type TokenWish } from '../../support/oidc-process.ts';
import { startWorld, type World } from './api-world.ts';

let world: World;
let provider: OidcProvider;

beforeAll(async () => {
  provider = await OidcProvider.start();
  world = await startWorld({
    OPERATORS_OIDC_ISSUER: provider.issuer,
    OPERATORS_OIDC_AUDIENCE: audience,
    OPERATORS_OIDC_ROLE_CLAIM: '/realm_access/roles',
    OPERATORS_OIDC_ROLES:
      'ops-admin=admin,ops-look=view,ops-support=payloads.read+tests.send+settings.write,billing=publisher',
    // One test sends a good many that are refused.
    API_RATE_LIMIT_UNKNOWN_PER_SECOND: '0',
  });
}, 120_000);

afterAll(async () => {
  await world.close();
  await provider.end();
});

const asOf = (...roles: string[]): TokenWish => ({ claims: { realm_access: { roles } } });

async function me(wish: TokenWish = {}) {
  return world.ask('GET /v1/me', { key: await provider.token(wish) });
}

test('a token is an operator, and the audit log has the person', async () => {
  const { status, body } = await me();
  expect({ status, ...body }).toMatchObject({
    status: 200,
    kind: 'oidc',
    id: 'oidc:u-ann',
    name: 'ann@example.com',
    role: 'admin',
    clientId: null,
    scope: 'manage',
  });
  const key = await provider.token();
  const { body: client } = await world.ask('POST /v1/clients', { key, body: { name: 'Acme' } });
  const { body: audit } = await world.ask(`GET /v1/audit?objectId=${String(client['id'])}&actorId=oidc:u-ann`);
  expect(audit['data']).toMatchObject([
    { action: 'client.created', actor: { kind: 'oidc', id: 'oidc:u-ann', name: 'ann@example.com' } },
  ]);
});

describe('roles', () => {
  test('of a part of an admin look at everything, and do no more than it says', async () => {
    const look = await provider.token(asOf('ops-look'));
    expect((await world.ask('GET /v1/clients', { key: look })).status).toBe(200);
    expect((await world.ask('POST /v1/clients', { key: look, body: { name: 'X' } })).status).toBe(403);
    const event = { type: 'order.paid', clientId: 'acme', data: {} };
    expect((await world.ask('POST /v1/events', { key: look, body: event })).status).toBe(403);
  });

  test('hand on no more than they are', async () => {
    const key = await provider.token(asOf('ops-support'));
    expect((await world.ask('POST /v1/clients', { key, body: { name: 'Of support' } })).status).toBe(201);
    const operator = { name: 'more than I am', role: 'admin' };
    expect((await world.ask('POST /v1/api-keys', { key, body: operator })).status).toBe(403);
  });

  test('add up, and who has none gets no further', async () => {
    expect((await me(asOf('ops-look', 'ops-support'))).body['capabilities']).toEqual([
      'tests.send',
      'settings.write',
      'payloads.read',
    ]);
    expect((await me(asOf('billing'))).body).toMatchObject({ role: 'publisher', capabilities: [] });
    expect((await me(asOf('toString', '__proto__'))).body).toMatchObject({ code: 'forbidden' });
    expect((await me({ claims: { realm_access: 'ops-admin' } })).body).toMatchObject({ code: 'forbidden' });
  });
});

describe('what is refused', () => {
  const now = Math.floor(Date.now() / 1_000);
  const wishes: readonly [string, TokenWish, RegExp][] = [
    ['another audience', { claims: { aud: 'another-api' } }, /`aud`/],
    ['another issuer', { claims: { iss: 'https://idp.example' } }, /`iss`/],
    ['its time is over', { claims: { exp: now - 120 } }, /`exp`/],
    ['no end', { claims: { exp: undefined } }, /`exp`/],
    ['its time has not begun', { claims: { nbf: now + 600 } }, /`nbf`/],
    ['nobody', { claims: { sub: undefined } }, /`sub`/],
    ['another key of the same name', { by: 'stranger' }, /signature/],
    ['of a sign-out', { header: { typ: 'logout+jwt' } }, /`typ`/],
  ];

  test.each(wishes)(
    '%s',
    async (_, wish, reason) => {
      const { status, body } = await me(wish);
      expect([status, body['code']]).toEqual([401, 'unauthenticated']);
      expect(body['detail']).toMatch(reason);
    },
    20_000,
  );

  test('a signature that is none, or is made with the public key as a secret', async () => {
    const [, payload = ''] = (await provider.token()).split('.');
    const { keys } = (await (await fetch(`${provider.issuer}/keys`)).json()) as { keys: unknown[] };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${part({ alg: 'none', kid: 'first' })}.${payload}.AA`;
    const signed = `${part({ alg: 'HS256', kid: 'first' })}.${payload}`;
    const mac = createHmac('sha256', JSON.stringify(keys[0])).update(signed).digest('base64url');
    for (const key of [none, `${signed}.${mac}`]) {
      const { status, body } = await world.ask('GET /v1/me', { key });
      expect([status, String(body['detail'])]).toEqual([401, expect.stringContaining('`alg`')]);
    }
  });

  test('however many name keys that there are not, the issuer is asked as good as never', async () => {
    const before = await provider.asked();
    const tokens = await Promise.all(
      Array.from({ length: 30 }, (_, at) => provider.token({ header: { kid: `k${at}` } })),
    );
    const answers = await Promise.all(tokens.map((key) => world.ask('GET /v1/me', { key })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await provider.asked()) - before).toBeLessThanOrEqual(2);
  });
});

test('a clock that differs by seconds is forgiven', async () => {
  const now = Math.floor(Date.now() / 1_000);
  expect((await me({ claims: { exp: now - 5, nbf: now + 10 } })).status).toBe(200);
});

test('while the issuer is away its keys go on, and keys of ours notice nothing', async () => {
  const known = await provider.token();
  const unknownKid = await provider.token({ header: { kid: 'later' } });
  const { port } = provider;
  await provider.end();
  try {
    expect((await world.ask('GET /v1/me', { key: known })).status).toBe(200);
    expect([401, 503]).toContain((await world.ask('GET /v1/me', { key: unknownKid })).status);
    expect((await world.ask('GET /v1/me')).status).toBe(200);
  } finally {
    provider = await OidcProvider.start(port);
  }
});
