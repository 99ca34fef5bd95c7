import { expect, test } from '@jest/globals';
import { signMskToken } from './msk-token.ts';

/** Seconds that a token lasts whose credentials end in so many minutes; null: they have no end. */
async function lifetimeS(endsInMinutes: number | null): Promise<number> {
  const before = { ...process.env };
  const end = endsInMinutes === null ? '' : new Date(Date.now() + endsInMinutes * 60_000).toISOString();
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
    AWS_CREDENTIAL_EXPIRATION: end,
  });
  try {
    return (await signMskToken('eu-central-1')).lifetimeMs / 1_000;
  } finally {
    process.env = before;
  }
}

test.each([
  [null, 900],
  [60, 900],
  [2, 120],
])('of credentials that end in %j minutes it lasts %i s', async (endsInMinutes, expected) => {
  const lasts = await lifetimeS(endsInMinutes);
  expect(lasts).toBeLessThanOrEqual(expected);
  expect(lasts).toBeGreaterThan(expected - 30);
});
