/** Verifies a delivery with the keys of node:crypto, which answer at once. */
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { areEqual, concat } from './bytes.ts';
import { spkiHead, type SecretForm } from './secret-form.ts';
import { prepareSigningKey, publicKeyOf } from './signature.ts';
import {
  judgeDelivery,
  secretOf,
  type ReceivedDelivery,
  type SignatureQuestion,
  type SignatureVersion,
  type Verdict,
} from './verify-delivery.ts';

interface Key {
  readonly version: SignatureVersion;
  readonly answer: (question: SignatureQuestion) => boolean;
}

export function verifyDelivery(received: ReceivedDelivery): Verdict {
  const secret = secretOf(received);
  if (secret.kind === 'invalid') return secret;
  const { version, answer } = keyOf(secret, received.secret.trim());
  const judgement = judgeDelivery(received, version);
  let step = judgement.next();
  while (step.done !== true) step = judgement.next(answer(step.value));
  return step.value;
}

function keyOf(form: SecretForm, secret: string): Key {
  switch (form.kind) {
    case 'hmac':
      return {
        version: 'v1',
        answer: ({ message, signatures }) => {
          const own = createHmac('sha256', form.bytes).update(message).digest();
          return signatures.some((signature) => areEqual(own, signature));
        },
      };
    case 'public': {
      const key = createPublicKey({ key: Buffer.from(concat([spkiHead, form.bytes])), format: 'der', type: 'spki' });
      return {
        version: 'v1a',
        answer: ({ message, signatures }) => signatures.some((signature) => verify(null, message, key, signature)),
      };
    }
    case 'private': {
      const publicKey = publicKeyOf(prepareSigningKey(secret)) ?? '';
      const bytes = concat([Buffer.from(publicKey.slice('whpk_'.length), 'base64')]);
      return keyOf({ kind: 'public', bytes }, publicKey);
    }
  }
}
