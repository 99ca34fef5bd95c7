/**
 * Signing secrets. Symmetric ones (`whsec_`) are shared, so the client gets the secret itself. Of ed25519 the private
 * half (`whsk_`) never leaves: the client gets the public key (`whpk_`), which is all that verifying takes.
 */
import { randomBytes } from 'node:crypto';
import { objectId } from '../../../libs/domain/object-id.ts';
import { SecretFormatError } from '../../../libs/domain/signature/secret-form.ts';
import { prepareSigningKey, publicKeyOf, secretFrom } from '../../../libs/domain/signature/signature.ts';
import type { SignatureAlgorithm } from '../../../libs/domain/webhook/webhook.ts';
import type { NewSecret } from '../../../libs/postgres/webhooks/webhook-change.ts';
import { invalid } from '../http/problem-error.ts';

const secretBytes = 32;

/**
 * @param supplied by the client; null: one is made
 * @throws ProblemError when it is in none of the forms of Standard Webhooks, or of another algorithm
 */
export function newSecret(algorithm: SignatureAlgorithm, supplied: string | null, now: number): NewSecret {
  const text = supplied ?? secretFrom(algorithm, randomBytes(secretBytes));
  if (supplied !== null) refuseUnfit(supplied, algorithm);
  return { id: objectId('secret', now, randomBytes(10)), text };
}

/** Of a secret that begins as ed25519 keys do; null without one. */
export function algorithmOf(supplied: string | null): SignatureAlgorithm | null {
  if (supplied === null) return null;
  return supplied.startsWith('whsk_') ? 'ed25519' : 'hmac-sha256';
}

function refuseUnfit(supplied: string, algorithm: SignatureAlgorithm): void {
  const before = /^(.*?)wh(?:sec|sk|pk)_/.exec(supplied)?.[1] ?? '';
  if (before !== '') {
    // Taken as plain text it would sign with other bytes than its receiver verifies with.
    const message = `This is not a secret: remove what precedes its prefix (${JSON.stringify(before)}).`;
    throw invalid([{ path: '/secret', rule: 'secret', message }]);
  }
  try {
    if (prepareSigningKey(supplied).algorithm === algorithm) return;
  } catch (error) {
    if (!(error instanceof SecretFormatError)) throw error;
    throw invalid([{ path: '/secret', rule: 'secret', message: `No secret: ${error.message}.` }]);
  }
  throw invalid([{ path: '/secret', rule: 'algorithm', message: `This is not a secret for ${algorithm}.` }]);
}

/** What the client is shown of it, once. */
export function secretResponse({ text }: NewSecret): string {
  return publicKeyOf(prepareSigningKey(text)) ?? text;
}
