import { createHash, createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { signMskToken } from './msk-token.ts';

const secretKey = 'wJalrXUtnFEMI';

/** Of credentials that end in so many minutes; null: they have no end. */
async function signedToken(endsInMinutes: number | null) {
  const before = { ...process.env };
  const end = endsInMinutes === null ? '' : new Date(Date.now() + endsInMinutes * 60_000).toISOString();
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_CREDENTIAL_EXPIRATION: end,
  });
  try {
    return await signMskToken('eu-central-1');
  } finally {
    process.env = before;
  }
}

test.each([
  [null, 900],
  [60, 900],
  [2, 120],
])('of credentials that end in %j minutes it lasts %i s', async (endsInMinutes, expected) => {
  const lasts = (await signedToken(endsInMinutes)).lifetimeMs / 1_000;
  expect(lasts).toBeLessThanOrEqual(expected);
  expect(lasts).toBeGreaterThan(expected - 30);
});

test('it is a URL that asks to connect, signed as Signature Version 4 has it', async () => {
  const url = new URL(Buffer.from((await signedToken(null)).value, 'base64url').toString());
  const { searchParams: query, host } = url;
  const signature = query.get('X-Amz-Signature');
  query.delete('X-Amz-Signature');
  query.delete('User-Agent');
  const date = query.get('X-Amz-Date') ?? '';
  const scope = `${date.slice(0, 8)}/eu-central-1/kafka-cluster/aws4_request`;
  expect([host, query.get('Action')]).toEqual(['kafka.eu-central-1.amazonaws.com', 'kafka-cluster:Connect']);
  expect(query.get('X-Amz-Credential')).toBe(`AKIDEXAMPLE/${scope}`);
  const canonicalQuery = [...query]
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .sort()
    .join('&');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const request = ['GET', '/', canonicalQuery, `host:${host}`, '', 'host', sha256('')].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secretKey}`);
  expect(signature).toBe(hmac(key, toSign).toString('hex'));
});
