/** Signs a delivery with a secret that somebody pasted, as the dispatcher would now. The secret stays on this page. */
import { concat, toBase64, utf8 } from '../../libs/domain/signature/bytes.ts';
import { readSecret } from '../../libs/domain/signature/secret-form.ts';

export interface SignedAgain {
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** @throws SecretFormatError; Error for a public key, which signs nothing */
export async function signAgain(id: string, body: string, secret: string, nowS: number): Promise<SignedAgain> {
  const form = readSecret(secret.trim());
  if (form.kind !== 'hmac') throw new Error('only a whsec_ secret signs here');
  const { subtle } = crypto;
  const key = await subtle.importKey('raw', form.bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await subtle.sign('HMAC', key, concat([utf8(`${id}.${nowS}.`), utf8(body)]));
  return { 'webhook-timestamp': String(nowS), 'webhook-signature': `v1,${toBase64(new Uint8Array(mac))}` };
}
