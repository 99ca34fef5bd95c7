/**
 * Signing secrets. Symmetric ones (`whsec_`) are shared, so the client gets the secret itself. Of ed25519 the private
 * half (`whsk_`) never leaves: the client gets the public key (`whpk_`), which is all that verifying takes.
 */
import { randomBytes } from 'node:crypto';
import { objectId } from '../../libs/domain/object-id.ts';
import { publicKeyOf, secretFrom, prepareSigningKey } from '../../libs/domain/signature.ts';
import type { SignatureAlgorithm } from '../../libs/domain/webhook.ts';
import type { NewSecret } from '../../libs/postgres/webhook-store.ts';

const secretBytes = 32;

export function newSecret(algorithm: SignatureAlgorithm, now: number): NewSecret {
  return { id: objectId('secret', now, randomBytes(10)), text: secretFrom(algorithm, randomBytes(secretBytes)) };
}

/** What the client is shown of it, once. */
export function shownSecret({ text }: NewSecret): string {
  return publicKeyOf(prepareSigningKey(text)) ?? text;
}
