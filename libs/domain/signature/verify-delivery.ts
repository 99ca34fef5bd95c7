/**
 * In: a request as a receiver got it and what a key answers. Out: valid, or why not, as exactly as can be told.
 * Pure. What must hold: valid only if a signature over the very bytes matches and its time is within the tolerance.
 * The judgement asks and is told, so that a key may answer at once (node-delivery-key.ts) or later, as those of a
 * browser do (web-delivery-key.ts).
 *
 * A signature that does not match says no more by itself: the secret may be another one, or the bytes. What else is at
 * hand tells them apart: the second signature header (which covers no id), the content-length, the delivery id within
 * the body, the usual ways in which frameworks change a body, and best of all the body as it was sent.
 */
import { bodyVariants, firstDifference } from '../payload/body-changes.ts';
import { areEqual, concat, fromBase64, fromHex, textOf, utf8, type Bytes } from './bytes.ts';
import { readSecret, SecretFormatError, type SecretForm } from './secret-form.ts';

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
  readonly body: Uint8Array;
  /** whsec_, whsk_ or whpk_. */
  readonly secret: string;
  readonly nowS: number;
  /** Either way. */
  readonly toleranceS: number;
  /** The body as it was sent, where somebody knows. */
  readonly sentBody?: Uint8Array | null;
  /** Lower-case name of the simple signature header. */
  readonly simpleHeader?: string;
}

export type SignatureVersion = 'v1' | 'v1a';

/** Is one of the signatures by the key, over this message? All of them are of the key's version. */
export interface SignatureQuestion {
  readonly message: Bytes;
  readonly signatures: readonly Bytes[];
}

/** To be told the answer to each question until it returns the verdict. */
export type Judgement = Generator<SignatureQuestion, Verdict, boolean>;

/** More than a webhook has secrets. Each one costs a look at the whole body. */
const signaturesMax = 50;

interface Signed {
  readonly id: string;
  readonly timestamp: string;
  readonly signatures: readonly { readonly version: string; readonly bytes: Bytes }[];
}

/** The form of a delivery's secret, or the verdict when it has none. */
export function secretOf({ secret }: ReceivedDelivery): SecretForm | InvalidVerdict {
  try {
    return readSecret(secret.trim());
  } catch (error) {
    if (!(error instanceof SecretFormatError)) throw error;
    return invalid(
      'secret_malformed',
      'A secret begins with whsec_ (or whpk_ for ed25519), then base64 of its bytes, or is 16 to 256 printable characters.',
    );
  }
}

/** @param version of the signatures that the key makes */
export function* judgeDelivery(received: ReceivedDelivery, version: SignatureVersion): Judgement {
  const signed = signedOf(received.headers);
  if ('kind' in signed) return signed;
  const { toleranceS, nowS } = received;
  if (!(yield question(version, signed, received.body))) return yield* whyNot(received, signed, version);
  const ageS = nowS - Number(signed.timestamp);
  const moment = `${Math.abs(ageS)} s ${ageS > 0 ? 'old' : 'ahead of this clock'}, and ${toleranceS} s are allowed`;
  if (ageS > toleranceS) return invalid('timestamp_too_old', `The signature matches, but it is ${moment}.`);
  if (-ageS > toleranceS) return invalid('timestamp_too_new', `The signature matches, but it is ${moment}.`);
  return { kind: 'valid', deliveryId: signed.id, ageS };
}

function* whyNot(received: ReceivedDelivery, signed: Signed, version: SignatureVersion): Judgement {
  const { headers, body, sentBody = null } = received;
  if (!signed.signatures.some((signature) => signature.version === version)) {
    const versions = [...new Set(signed.signatures.map((signature) => signature.version))].join(', ');
    return invalid('wrong_secret', `It is signed as ${versions}, and this secret is for ${version}.`);
  }
  if (sentBody !== null && !areEqual(sentBody, body)) {
    const also = (yield question(version, signed, sentBody)) ? '' : ' The secret does not fit what was sent either.';
    return invalid('body_changed', `It is not what was sent: ${firstDifference(sentBody, body)}.${also}`);
  }
  const simple = simpleQuestion(received, version);
  if (simple !== null && (yield simple)) {
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
  for (const { bytes, change } of bodyVariants(body)) {
    if (yield question(version, signed, bytes)) return invalid('body_changed', `The secret is right; ${change}.`);
  }
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

type InvalidVerdict = Verdict & { readonly kind: 'invalid' };

function invalid(reason: InvalidReason, detail: string): InvalidVerdict {
  return { kind: 'invalid', reason, detail };
}

function signedOf(headers: Readonly<Record<string, string>>): Signed | InvalidVerdict {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const missing = names.filter((name) => (headers[name] ?? '') === '');
  if (missing.length > 0) return invalid('header_missing', `There is no ${missing.join(', ')}.`);
  const [id = '', timestamp = '', signature = ''] = names.map((name) => headers[name]);
  if (!/^\d{1,12}$/.test(timestamp)) return invalid('header_malformed', 'webhook-timestamp is not in Unix seconds.');
  const signatures = signature.split(' ').flatMap((item) => {
    const [, version, text = ''] = /^(v1a?),([A-Za-z0-9+/]+={0,2})$/.exec(item) ?? [];
    const bytes = version === undefined ? null : fromBase64(text);
    return version === undefined || bytes === null ? [] : [{ version, bytes }];
  });
  if (signatures.length > signaturesMax) {
    return invalid('header_malformed', `webhook-signature has more than ${signaturesMax} signatures.`);
  }
  if (signatures.length === 0) return invalid('header_malformed', 'webhook-signature has no v1 or v1a signature.');
  return { id, timestamp, signatures };
}

function question(
  version: SignatureVersion,
  { id, timestamp, signatures }: Signed,
  body: Uint8Array,
): SignatureQuestion {
  return {
    message: concat([utf8(`${id}.${timestamp}.`), body]),
    signatures: signatures.filter((signature) => signature.version === version).map(({ bytes }) => bytes),
  };
}

/** Of `t=<unix seconds>,v1=<hex>` over `<t>.<body>`; null when there is no such header. */
function simpleQuestion(
  { headers, body, simpleHeader = 'x-deeperhub-signature' }: ReceivedDelivery,
  version: SignatureVersion,
): SignatureQuestion | null {
  const items = (headers[simpleHeader] ?? '').split(',', signaturesMax).map((item) => item.trim().split('='));
  const time = items.find(([name]) => name === 't')?.[1];
  if (time === undefined) return null;
  const signatures = items.flatMap(([name, hex = '']) => (name === version ? [fromHex(hex)] : []));
  return {
    message: concat([utf8(`${time}.`), body]),
    signatures: signatures.filter((bytes) => bytes !== null),
  };
}

function deliveryIdWithin(body: Uint8Array): string | null {
  try {
    const { metadata } = JSON.parse(textOf(body)) as { metadata?: { deliveryId?: unknown } };
    return typeof metadata?.deliveryId === 'string' ? metadata.deliveryId : null;
  } catch {
    return null;
  }
}
