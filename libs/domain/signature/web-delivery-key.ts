/** Verifies a delivery with the keys of WebCrypto, as the portal does in a browser. No secret leaves the page. */
import { areEqual, concat, fromBase64 } from './bytes.ts';
import { pkcs8Head, SecretFormatError, type SecretForm } from './secret-form.ts';
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
  readonly answer: (question: SignatureQuestion) => Promise<boolean>;
}

/** @throws DOMException NotSupportedError in a browser that has no ed25519 (all have it since 2025) */
export async function verifyDeliveryOnWeb(received: ReceivedDelivery): Promise<Verdict> {
  const secret = secretOf(received);
  if (secret.kind === 'invalid') return secret;
  const { version, answer } = await keyOf(secret);
  const judgement = judgeDelivery(received, version);
  let step = judgement.next();
  while (step.done !== true) step = judgement.next(await answer(step.value));
  return step.value;
}

async function keyOf(form: SecretForm): Promise<Key> {
  const { subtle } = crypto;
  switch (form.kind) {
    case 'hmac': {
      const key = await subtle.importKey('raw', form.bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      return {
        version: 'v1',
        // Signed once and compared, so that many signatures cost one look at the message.
        answer: async ({ message, signatures }) => {
          const own = new Uint8Array(await subtle.sign('HMAC', key, message));
          return signatures.some((signature) => areEqual(own, signature));
        },
      };
    }
    case 'public': {
      const key = await subtle.importKey('raw', form.bytes, 'Ed25519', false, ['verify']);
      return {
        version: 'v1a',
        answer: async ({ message, signatures }) => {
          for (const signature of signatures) {
            if (await subtle.verify('Ed25519', key, signature, message)) return true;
          }
          return false;
        },
      };
    }
    case 'private': {
      const der = concat([pkcs8Head, form.seed]);
      const { x = '' } = await subtle.exportKey('jwk', await subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign']));
      const bytes = fromBase64(x);
      if (bytes === null) throw new SecretFormatError('the private key has no public half');
      return keyOf({ kind: 'public', bytes });
    }
  }
}
