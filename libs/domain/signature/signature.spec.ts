import { createHmac } from 'node:crypto';
import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { publicKeyOf, secretFrom, prepareSigningKey, signSimple, signStandardWebhooks } from './signature.ts';
import { SecretFormatError } from './secret-form.ts';

const vector = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestampS: 1_614_265_330,
  body: Buffer.from('{"test": 2432232314}'),
};
const hmacSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const hmacSignature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const ed25519Secret = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
const ed25519Signature = 'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==';

describe('webhook-signature', () => {
  test('is the HMAC of the public test vector', () => {
    expect(signStandardWebhooks({ ...vector, secrets: [prepareSigningKey(hmacSecret)] })).toBe(hmacSignature);
  });

  test('is the ed25519 signature of the public test vector', () => {
    expect(signStandardWebhooks({ ...vector, secrets: [prepareSigningKey(ed25519Secret)] })).toBe(ed25519Signature);
  });

  test('has one signature per secret, in the given order, whatever their kinds', () => {
    const secrets = [ed25519Secret, hmacSecret].map(prepareSigningKey);
    expect(signStandardWebhooks({ ...vector, secrets })).toBe(`${ed25519Signature} ${hmacSignature}`);
  });

  test('is accepted by the public library with the newest and with the older secret', () => {
    const older = secretFrom('hmac-sha256', Buffer.alloc(32, 1));
    const newer = secretFrom('hmac-sha256', Buffer.alloc(32, 2));
    const body = Buffer.from('{"name":"Žofie","emoji":"🎉"}');
    const timestampS = Math.floor(Date.now() / 1000);
    const value = signStandardWebhooks({ id: 'd1', timestampS, body, secrets: [newer, older].map(prepareSigningKey) });
    const headers = { 'webhook-id': 'd1', 'webhook-timestamp': String(timestampS), 'webhook-signature': value };
    expect(new Webhook(newer).verify(body, headers)).toEqual({ name: 'Žofie', emoji: '🎉' });
    expect(new Webhook(older).verify(body, headers)).toEqual({ name: 'Žofie', emoji: '🎉' });
    const stranger = secretFrom('hmac-sha256', Buffer.alloc(32, 3));
    expect(() => new Webhook(stranger).verify(body, headers)).toThrow('No matching signature');
  });

  test('#19 is the HMAC of bodies and secrets of every size', () => {
    const sizes = [0, 1, 55, 64, 1_000, 30_000, 32_600, 32_700, 40_000];
    for (const secretBytes of [24, 32, 63, 64]) {
      const key = Buffer.alloc(secretBytes, secretBytes);
      const secrets = [prepareSigningKey(`whsec_${key.toString('base64')}`)];
      for (const size of sizes) {
        const body = Buffer.alloc(size, size);
        const expected = createHmac('sha256', key).update(`msg_é.17.`).update(body).digest('base64');
        expect(signStandardWebhooks({ id: 'msg_é', timestampS: 17, body, secrets })).toBe(`v1,${expected}`);
      }
    }
    const plain = 'p'.repeat(200);
    const expected = createHmac('sha256', plain).update('i.17.').update('x').digest('base64');
    const secrets = [prepareSigningKey(plain)];
    expect(signStandardWebhooks({ id: 'i', timestampS: 17, body: Buffer.from('x'), secrets })).toBe(`v1,${expected}`);
  });

  test('#70 is accepted over emoji, control characters and umlauts, during a rotation too', () => {
    const secrets = [1, 2].map((byte) => secretFrom('hmac-sha256', Buffer.alloc(32, byte)));
    const body = Buffer.from(String.raw`{"a":"😀 \u001B é","b":"\ud83d\ude00","c":1.50}`);
    const timestampS = Math.floor(Date.now() / 1000);
    const value = signStandardWebhooks({ id: 'd1', timestampS, body, secrets: secrets.map(prepareSigningKey) });
    const headers = { 'webhook-id': 'd1', 'webhook-timestamp': String(timestampS), 'webhook-signature': value };
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body.toString()));
      // Written again it is other bytes: what is signed is what was sent.
      const again = JSON.stringify(JSON.parse(body.toString()));
      expect(() => new Webhook(secret).verify(again, headers)).toThrow('No matching signature');
    }
  });

  test('covers bytes that are no text', () => {
    const secrets = [prepareSigningKey(hmacSecret)];
    const one = signStandardWebhooks({ ...vector, body: Buffer.from([0xff, 0xfe]), secrets });
    const other = signStandardWebhooks({ ...vector, body: Buffer.from([0xff, 0xfd]), secrets });
    expect(one).not.toBe(other);
  });
});

describe('the simple signature header', () => {
  // Computed with: printf '1614265330.{"test": 2432232314}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:…
  const simple = 'e96203c6de850e7dc1fde7489ef6140b402d3a5a64fe250cd2eef9830fac1cef';

  test('is t and the hex HMAC over "<t>.<body>", keyed by the decoded secret', () => {
    expect(signSimple([prepareSigningKey(hmacSecret)], vector.timestampS, vector.body)).toBe(
      `t=1614265330,v1=${simple}`,
    );
  });

  test('lists the newest secret first while an older one is live', () => {
    const newer = prepareSigningKey(secretFrom('hmac-sha256', Buffer.alloc(32, 9)));
    const value = signSimple([newer, prepareSigningKey(hmacSecret)], vector.timestampS, vector.body);
    expect(value).toMatch(new RegExp(`^t=1614265330,v1=[0-9a-f]{64},v1=${simple}$`));
  });

  test('of an ed25519 secret verifies with its public key', () => {
    const secret = prepareSigningKey(ed25519Secret);
    const [, hex] =
      /^t=1614265330,v1a=([0-9a-f]{128})$/.exec(signSimple([secret], vector.timestampS, vector.body)) ?? [];
    const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');
    const publicKey = Buffer.from((publicKeyOf(secret) ?? '').slice('whpk_'.length), 'base64');
    const key = createPublicKey({ key: Buffer.concat([spkiHead, publicKey]), format: 'der', type: 'spki' });
    const signed = Buffer.concat([Buffer.from('1614265330.'), vector.body]);
    expect(verify(null, signed, key, Buffer.from(hex ?? '', 'hex'))).toBe(true);
  });
});

describe('secrets', () => {
  test.each([
    ['hmac-sha256', 'whsec_'],
    ['ed25519', 'whsk_'],
  ] as const)('for %s are made from random bytes and read back', (algorithm, prefix) => {
    const secret = secretFrom(algorithm, Buffer.alloc(32, 7));
    expect(secret).toBe(`${prefix}${Buffer.alloc(32, 7).toString('base64')}`);
    expect(prepareSigningKey(secret).algorithm).toBe(algorithm);
  });

  test('are read with and without padding', () => {
    const padded = secretFrom('hmac-sha256', Buffer.alloc(32, 7));
    const sign = (secret: string) => signStandardWebhooks({ ...vector, secrets: [prepareSigningKey(secret)] });
    expect(sign(padded.replace('=', ''))).toBe(sign(padded));
  });

  test.each(['a text of sixty-two characters, blanks included, as it is', 'x'.repeat(16), '~'.repeat(256)])(
    'of plain text sign with its bytes: %s',
    (text) => {
      const expected = createHmac('sha256', text)
        .update(`${vector.id}.${vector.timestampS}.`)
        .update(vector.body)
        .digest('base64');
      expect(signStandardWebhooks({ ...vector, secrets: [prepareSigningKey(text)] })).toBe(`v1,${expected}`);
    },
  );

  test('of 64 bytes of ed25519 are taken by their seed', () => {
    const seed = Buffer.from(ed25519Secret.slice('whsk_'.length), 'base64');
    const both = `whsk_${Buffer.concat([seed, Buffer.alloc(32)]).toString('base64')}`;
    expect(signStandardWebhooks({ ...vector, secrets: [prepareSigningKey(both)] })).toBe(ed25519Signature);
  });

  test.each([
    ['no prefix and 15 characters', 'MfKQ9r8GKYqrTwj'],
    ['no prefix and 257 characters', 'x'.repeat(257)],
    ['a character that is not printable', 'MfKQ9r8GKYqrTwj\u0007UPD8'],
    ['a character of two bytes', 'MfKQ9r8GKYqrTwjü'],
    ['a blank at its end', 'MfKQ9r8GKYqrTwjUPD8 '],
    ['a public key', `whpk_${Buffer.alloc(32).toString('base64')}`],
    ['nothing behind the prefix', 'whsec_'],
    ['what is not base64', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La*aSw'],
    ['a line break', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n'],
    ['23 bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['65 bytes', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['an ed25519 seed of 31 bytes', `whsk_${Buffer.alloc(31).toString('base64')}`],
  ])('with %s are refused without being shown', (_what, secret) => {
    const act = () => prepareSigningKey(secret);
    expect(act).toThrow(SecretFormatError);
    expect(act).not.toThrow(secret.slice(6) || 'whsec_"');
  });
});
