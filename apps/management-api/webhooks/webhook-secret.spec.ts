import { expect, test } from '@jest/globals';
import { newSecret } from './webhook-secret.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

function refusalOf(supplied: string): string {
  try {
    newSecret('hmac-sha256', supplied, 0);
  } catch (error) {
    return JSON.stringify((error as { errors?: unknown }).errors ?? error);
  }
  return 'taken';
}

test.each([
  ['a version', `v1,${secret}`, 'v1,'],
  ['the name of a variable', `WEBHOOK_SECRET=${secret}`, 'WEBHOOK_SECRET='],
  ['a blank', ` ${secret}`, ' '],
  ['a version of ed25519', 'v1a,whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=', 'v1a,'],
])('#70 a secret behind %s is refused, and the refusal says what to drop', (_what, supplied, before) => {
  const refusal = refusalOf(supplied);
  expect(refusal).toContain(`remove what precedes its prefix (\\"${before}\\")`);
  expect(refusal).not.toContain(secret.slice(6));
});

test.each([secret, 'a text of ours, with blanks_and more', 'whsec is no prefix by itself'])(
  '%j is taken',
  (supplied) => {
    expect(newSecret('hmac-sha256', supplied, 0).text).toBe(supplied);
  },
);
