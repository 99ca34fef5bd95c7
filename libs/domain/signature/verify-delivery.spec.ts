import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { prepareSigningKey, publicKeyOf, signSimple, signStandardWebhooks } from './signature.ts';
import { verifyDelivery } from './node-delivery-key.ts';
import type { ReceivedDelivery, Verdict } from './verify-delivery.ts';
import { verifyDeliveryOnWeb } from './web-delivery-key.ts';

/** One judgement, two kinds of keys. */
const verifiers = { 'node:crypto': verifyDelivery, WebCrypto: verifyDeliveryOnWeb };

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const otherSecret = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const plainSecret = 'correct horse battery staple';
const id = '0199c1d2-e3f4-8a5b-8c6d-9e0f1a2b3c4d';
const timestampS = 1_773_480_413;
const text = `{"id":"e-1","data":{"amount":12},"metadata":{"deliveryId":"${id}"}}`;

function delivery(change: Partial<ReceivedDelivery> = {}, sent = text, secrets = [secret]): ReceivedDelivery {
  const body = Buffer.from(sent);
  const keys = secrets.map(prepareSigningKey);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signStandardWebhooks({ id, timestampS, body, secrets: keys }),
    'x-deeperhub-signature': signSimple(keys, timestampS, body),
    'content-length': String(body.length),
  };
  return { headers, body, secret, nowS: timestampS + 5, toleranceS: 300, ...change };
}

function withHeaders(change: Record<string, string>, more: Partial<ReceivedDelivery> = {}): ReceivedDelivery {
  const made = delivery(more);
  return { ...made, headers: { ...made.headers, ...change } };
}

function reasonOf(verdict: Verdict): string {
  return verdict.kind === 'valid' ? 'valid' : verdict.reason;
}

describe.each(Object.entries(verifiers))('by %s it is valid', (_keys, verify) => {
  test.each<[string, ReceivedDelivery]>([
    ['as it came', delivery()],
    ['with a secret that is plain text', delivery({ secret: plainSecret }, text, [plainSecret])],
    ['with one of two secrets', delivery({}, text, [otherSecret, secret])],
    ['with blanks around the secret', delivery({ secret: ` ${secret}\n` })],
    ['at the end of the tolerance', delivery({ nowS: timestampS + 300 })],
    ['from a clock that is ahead a little', delivery({ nowS: timestampS - 300 })],
    ['without the simple header', withHeaders({ 'x-deeperhub-signature': '' })],
  ])('%s', async (_, received) => {
    expect(await verify(received)).toMatchObject({ kind: 'valid', deliveryId: id });
  });

  test('with ed25519, by the public key or the private one', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    const signing = `whsk_${seed.toString('base64')}`;
    const publicKey = publicKeyOf(prepareSigningKey(signing)) ?? '';
    expect(reasonOf(await verify(delivery({ secret: publicKey }, text, [signing])))).toBe('valid');
    expect(reasonOf(await verify(delivery({ secret: signing }, text, [signing])))).toBe('valid');
    expect(reasonOf(await verify(delivery({ secret: publicKey }, 'x', [signing])))).toBe('valid');
    expect(reasonOf(await verify(delivery({}, text, [signing])))).toBe('wrong_secret');
  });
});

describe.each(Object.entries(verifiers))('by %s it is not valid, and says', (_keys, verify) => {
  const changed = Buffer.from(text.replace('12', '13'));
  test.each<[string, ReceivedDelivery, RegExp]>([
    ['secret_malformed', delivery({ secret: 'hunter2' }), /whsec_/],
    ['secret_malformed', delivery({ secret: 'whpk_AAAA' }), /whpk_/],
    ['header_missing', withHeaders({ 'webhook-id': '' }), /webhook-id/],
    ['header_missing', delivery({ headers: {} }), /webhook-id, webhook-timestamp, webhook-signature/],
    ['header_malformed', withHeaders({ 'webhook-timestamp': 'noon' }), /Unix seconds/],
    ['header_malformed', withHeaders({ 'webhook-signature': 'v2,AAAA' }), /no v1/],
    ['timestamp_too_old', delivery({ nowS: timestampS + 301 }), /301 s old, and 300 s are allowed/],
    ['timestamp_too_new', delivery({ nowS: timestampS - 301 }), /301 s ahead/],
    ['header_changed', withHeaders({ 'webhook-id': 'another' }), /webhook-id or webhook-timestamp/],
    ['header_changed', withHeaders({ 'webhook-timestamp': String(timestampS + 1) }), /webhook-id or webhook-timestamp/],
    ['wrong_secret_or_body_changed', delivery({ secret: otherSecret }), /secret.*or the body/],
    ['wrong_secret_or_body_changed', delivery({ body: changed }), /secret.*or the body/],
    ['wrong_secret', delivery({ secret: otherSecret, sentBody: Buffer.from(text) }), /byte for byte/],
    ['body_changed', delivery({ body: changed, sentBody: Buffer.from(text) }), /from byte \d+ on it is "3/],
    ['body_changed', delivery({ body: Buffer.from(`${text}x`), sentBody: Buffer.from(text) }), /1 bytes are more/],
    [
      'body_changed',
      delivery({ body: changed, secret: otherSecret, sentBody: Buffer.from(text) }),
      /secret does not fit what was sent either/,
    ],
    ['body_changed', delivery({ body: Buffer.from(`${text}  x`) }), /content-length says/],
    ['body_changed', delivery({ body: Buffer.from(text.replaceAll('0199', '0198')) }), /that of delivery 0198/],
    ['body_changed', delivery({ body: Buffer.from(JSON.stringify(JSON.parse(text), null, 2)) }), /parsed and written/],
    ['body_changed', delivery({ body: Buffer.from(`\ufeff${text}`) }), /byte order mark/],
    ['body_changed', delivery({ body: Buffer.from(`${text}\n`) }), /white space/],
    ['body_changed', delivery({ body: Buffer.from('a\r\nb') }, 'a\nb'), /CR LF/],
    ['body_changed', delivery({ body: Buffer.from('"grÃ¼Ã\u009f"') }, '"grüß"'), /Latin-1/],
  ])('%s', async (reason, received, detail) => {
    const verdict = await verify(received);
    expect(reasonOf(verdict)).toBe(reason);
    const shown = verdict.kind === 'invalid' ? verdict.detail : '';
    expect(shown).toMatch(detail);
    expect(shown).not.toContain(received.secret);
  });
});
