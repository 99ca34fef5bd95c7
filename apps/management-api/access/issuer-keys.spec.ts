import { expect, test } from '@jest/globals';
import { createLogger } from '../../../libs/runtime/logger.ts';
import type { HttpReply } from '../../../libs/wire/http-question.ts';
import { IssuerAway, IssuerKeys, restMs } from './issuer-keys.ts';

const issuer = 'https://idp.example/realms/ops';
const minuteMs = 60_000;
/** RFC 8037, appendix A.2. */
const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

function world(discovery: object = { issuer, jwks_uri: `${issuer}/keys` }) {
  let now = 0;
  const state = { status: 200, kids: ['a'], asked: 0 };
  const ask = ({ url }: { readonly url: string }): Promise<HttpReply> => {
    const isDiscovery = url.endsWith('/.well-known/openid-configuration');
    if (isDiscovery) state.asked += 1;
    if (state.status === 0) return Promise.reject(new Error('ECONNREFUSED'));
    const document = isDiscovery ? discovery : { keys: state.kids.map((kid) => ({ ...key, kid, alg: 'EdDSA' })) };
    return Promise.resolve({ status: state.status, body: JSON.stringify(document) });
  };
  const keys = new IssuerKeys({ issuer, ca: null, ask, logger: createLogger('test', 'silent'), now: () => now });
  return {
    state,
    keyOf: (kid: string) => keys.keyOf({ alg: 'EdDSA', kid }),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('keys are read once, however many ask at the same time', async () => {
  const { state, keyOf } = world();
  await Promise.all([keyOf('a'), keyOf('a'), keyOf('a')]);
  expect(state.asked).toBe(1);
});

test('a key that is new is found, and one that there is not makes one question in a while', async () => {
  const { state, keyOf, pass } = world();
  await keyOf('a');
  state.kids = ['a', 'b'];
  await expect(keyOf('b')).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  pass(restMs);
  await keyOf('b');
  for (let time = 0; time < 20; time += 1) await expect(keyOf('c')).rejects.toThrow();
  expect(state.asked).toBe(2);
});

test('of an issuer that is away the keys go on for an hour, and it is asked once in a while', async () => {
  const { state, keyOf, pass } = world();
  await keyOf('a');
  state.status = 0;
  for (let minute = 0; minute < 59; minute += 1) {
    pass(minuteMs);
    for (let time = 0; time < 5; time += 1) await keyOf('a');
  }
  expect(state.asked).toBeLessThanOrEqual(60);
  pass(2 * minuteMs);
  await expect(keyOf('a')).rejects.toBeInstanceOf(IssuerAway);
  const before = state.asked;
  for (let time = 0; time < 20; time += 1) await expect(keyOf('a')).rejects.toBeInstanceOf(IssuerAway);
  expect(state.asked).toBe(before);
  state.status = 200;
  pass(restMs);
  await keyOf('a');
});

test('of an issuer that is away a key that is not known is neither good nor bad', async () => {
  const { state, keyOf, pass } = world();
  await keyOf('a');
  state.status = 0;
  // It was asked just now, and has no such key.
  await expect(keyOf('b')).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  pass(restMs);
  for (let time = 0; time < 3; time += 1) await expect(keyOf('b')).rejects.toBeInstanceOf(IssuerAway);
  expect(state.asked).toBe(2);
});

test.each([
  [{ issuer: 'https://other.example', jwks_uri: `${issuer}/keys` }, /another name/],
  [{ issuer, jwks_uri: 'http://idp.example/keys' }, /no place/],
  [{ issuer }, /no place/],
  [null, /no object/],
])('what %j says of itself is not believed', async (discovery, reason) => {
  await expect(world(discovery as object).keyOf('a')).rejects.toThrow(reason);
});

test('a redirect is an answer like any other, and is not followed', async () => {
  const { state, keyOf } = world();
  state.status = 302;
  await expect(keyOf('a')).rejects.toThrow('it answers 302');
});
