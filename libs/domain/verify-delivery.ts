/**
 * In: a request as a receiver got it and the secret of its webhook. Out: valid, or why not, as exactly as can be told.
 * Pure. What must hold: valid only if a signature over the very bytes matches and its time is within the tolerance.
 *
 * A signature that does not match says no more by itself: the secret may be another one, or the bytes. What else is at
 * hand tells them apart: the second signature header (which covers no id), the content-length, the delivery id within
 * the body, the usual ways in which frameworks change a body, and best of all the body as it was sent.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { bodyVariants, firstDifference } from './body-changes.ts';
import { prepareSigningKey, publicKeyOf, SecretFormatError } from './signature.ts';

/** What each means is in docs/reference.md. The last one: nothing at hand tells which. */
export type InvalidReason =
  | 'secret_malformed'
  | 'header_missing'
  | 'header_malformed'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'wrong_secret'
  | 'body_changed'
  | 'header_changed'
  | 'wrong_secret_or_body_changed';

export type Verdict =
  | { readonly kind: 'valid'; readonly deliveryId: string; readonly ageS: number }
  | { readonly kind: 'invalid'; readonly reason: InvalidReason; readonly detail: string };

export interface ReceivedDelivery {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** whsec_, whsk_ or whpk_. */
  readonly secret: string;
  readonly nowS: number;
  /** Either way. */
  readonly toleranceS: number;
  /** The body as it was sent, where somebody knows. */
  readonly sentBody?: Buffer | null;
  /** Lower-case name of the simple signature header. */
  readonly simpleHeader?: string;
}

interface Key {
  readonly version: 'v1' | 'v1a';
  /** The judge of signatures over one message: what all of them are compared with is made once. */
  readonly judge: (message: Buffer) => (signature: Buffer) => boolean;
}

/** More than a webhook has secrets. Each one costs a look at the whole body. */
const signaturesMax = 50;

interface Signed {
  readonly id: string;
  readonly timestamp: string;
  readonly signatures: readonly { readonly version: string; readonly bytes: Buffer }[];
}

export function verifyDelivery(received: ReceivedDelivery): Verdict {
  const key = keyOf(received.secret.trim());
  if (key === null) {
    return invalid('secret_malformed', 'A secret begins with whsec_ (or whpk_ for ed25519), then base64 of its bytes.');
  }
  const signed = signedOf(received.headers);
  if ('kind' in signed) return signed;
  const { toleranceS, nowS } = received;
  if (!isSignedBy(key, signed, received.body)) return whyNot(received, signed, key);
  const ageS = nowS - Number(signed.timestamp);
  const moment = `${Math.abs(ageS)} s ${ageS > 0 ? 'old' : 'ahead of this clock'}, and ${toleranceS} s are allowed`;
  if (ageS > toleranceS) return invalid('timestamp_too_old', `The signature matches, but it is ${moment}.`);
  if (-ageS > toleranceS) return invalid('timestamp_too_new', `The signature matches, but it is ${moment}.`);
  return { kind: 'valid', deliveryId: signed.id, ageS };
}

function whyNot(received: ReceivedDelivery, signed: Signed, key: Key): Verdict {
  const { headers, body, sentBody = null } = received;
  if (!signed.signatures.some(({ version }) => version === key.version)) {
    const versions = [...new Set(signed.signatures.map(({ version }) => version))].join(', ');
    return invalid('wrong_secret', `It is signed as ${versions}, and this secret is for ${key.version}.`);
  }
  if (sentBody !== null && !sentBody.equals(body)) {
    const also = isSignedBy(key, signed, sentBody) ? '' : ' The secret does not fit what was sent either.';
    return invalid('body_changed', `It is not what was sent: ${firstDifference(sentBody, body)}.${also}`);
  }
  if (matchesSimple(received, key)) {
    return invalid(
      'header_changed',
      'Secret and body are right: webhook-id or webhook-timestamp is not what was signed.',
    );
  }
  if (sentBody !== null) {
    return invalid(
      'wrong_secret',
      'The body is byte for byte what was sent, so the secret is not the one that signed it.',
    );
  }
  const variant = bodyVariants(body).find(({ bytes }) => isSignedBy(key, signed, bytes));
  if (variant !== undefined) return invalid('body_changed', `The secret is right; ${variant.change}.`);
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== body.length) {
    return invalid('body_changed', `It has ${body.length} bytes, and content-length says ${length}.`);
  }
  const other = deliveryIdWithin(body);
  if (other !== null && other !== signed.id) {
    return invalid('body_changed', `It is that of delivery ${other}, and webhook-id says ${signed.id}.`);
  }
  return invalid(
    'wrong_secret_or_body_changed',
    'No signature matches: the secret is not the one of this webhook, or the body is not byte for byte what was sent.',
  );
}

function invalid(reason: InvalidReason, detail: string): Verdict & { kind: 'invalid' } {
  return { kind: 'invalid', reason, detail };
}

function signedOf(headers: Readonly<Record<string, string>>): Signed | (Verdict & { kind: 'invalid' }) {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const missing = names.filter((name) => (headers[name] ?? '') === '');
  if (missing.length > 0) return invalid('header_missing', `There is no ${missing.join(', ')}.`);
  const [id = '', timestamp = '', signature = ''] = names.map((name) => headers[name]);
  if (!/^\d{1,12}$/.test(timestamp)) return invalid('header_malformed', 'webhook-timestamp is not in Unix seconds.');
  const signatures = signature.split(' ').flatMap((item) => {
    const [, version, text = ''] = /^(v1a?),([A-Za-z0-9+/]+={0,2})$/.exec(item) ?? [];
    return version === undefined ? [] : [{ version, bytes: Buffer.from(text, 'base64') }];
  });
  if (signatures.length > signaturesMax) {
    return invalid('header_malformed', `webhook-signature has more than ${signaturesMax} signatures.`);
  }
  if (signatures.length === 0) return invalid('header_malformed', 'webhook-signature has no v1 or v1a signature.');
  return { id, timestamp, signatures };
}

function isSignedBy(key: Key, { id, timestamp, signatures }: Signed, body: Buffer): boolean {
  const message = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const matches = key.judge(message);
  return signatures.some(({ version, bytes }) => version === key.version && matches(bytes));
}

/** `t=<unix seconds>,v1=<hex>` over `<t>.<body>`. */
function matchesSimple({ headers, body, simpleHeader = 'x-deeperhub-signature' }: ReceivedDelivery, key: Key): boolean {
  const items = (headers[simpleHeader] ?? '').split(',', signaturesMax).map((item) => item.trim().split('='));
  const time = items.find(([name]) => name === 't')?.[1];
  if (time === undefined) return false;
  const message = Buffer.concat([Buffer.from(`${time}.`), body]);
  const matches = key.judge(message);
  return items.some(([name, hex = '']) => name === key.version && matches(Buffer.from(hex, 'hex')));
}

function deliveryIdWithin(body: Buffer): string | null {
  try {
    const { metadata } = JSON.parse(body.toString('utf8')) as { metadata?: { deliveryId?: unknown } };
    return typeof metadata?.deliveryId === 'string' ? metadata.deliveryId : null;
  } catch {
    return null;
  }
}

/** SubjectPublicKeyInfo of an ed25519 key up to its 32 bytes (RFC 8410, section 4). */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

/** Null: no secret in a known form. */
function keyOf(secret: string): Key | null {
  if (secret.startsWith('whpk_')) return publicKeyVerifier(secret);
  try {
    const signing = prepareSigningKey(secret);
    const publicKey = publicKeyOf(signing);
    return publicKey === null ? hmacVerifier(signing.key) : publicKeyVerifier(publicKey);
  } catch (error) {
    if (error instanceof SecretFormatError) return null;
    throw error;
  }
}

function hmacVerifier(key: KeyObject): Key {
  return {
    version: 'v1',
    judge: (message) => {
      const own = createHmac('sha256', key).update(message).digest();
      return (signature) => own.length === signature.length && timingSafeEqual(own, signature);
    },
  };
}

function publicKeyVerifier(publicKey: string): Key | null {
  const bytes = Buffer.from(publicKey.slice('whpk_'.length), 'base64');
  if (bytes.length !== 32) return null;
  const key = createPublicKey({ key: Buffer.concat([spkiHead, bytes]), format: 'der', type: 'spki' });
  return { version: 'v1a', judge: (message) => (signature) => verify(null, message, key, signature) };
}
