// Verifies a webhook (Standard Webhooks 1.0.0) in Node.js 18 or newer, without dependencies.
import { createHmac, createPublicKey, timingSafeEqual, verify as verifyEd25519 } from 'node:crypto';

const toleranceS = 300;
/** SubjectPublicKeyInfo of an ed25519 key up to its 32 bytes (RFC 8410, section 4). */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * @param {Record<string, string | undefined>} headers names in lower case
 * @param {Buffer} body the bytes as they came, before anything parsed them
 * @param {string} secret whsec_…, a text of your own, or, for an ed25519 webhook, its public key whpk_…
 * @throws {Error} whose message says what is wrong; answer 401 then
 */
export function verify(headers, body, secret, nowS = Date.now() / 1000) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures) throw new Error('a webhook header is missing');
  if (!/^\d+$/.test(timestamp) || Math.abs(nowS - Number(timestamp)) > toleranceS) {
    throw new Error('the timestamp is too old or too new');
  }
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const isGenuine = judgeOf(secret, signed);
  // Several signatures, separated by spaces, while a secret is being rotated: one that fits is enough.
  if (!signatures.split(' ').some(isGenuine)) throw new Error('no signature fits');
}

function judgeOf(secret, signed) {
  // A text of your own signs as it stands.
  const key = /^wh(sec|pk)_/.test(secret)
    ? Buffer.from(secret.slice(secret.indexOf('_') + 1), 'base64')
    : Buffer.from(secret);
  if (secret.startsWith('whpk_')) {
    const publicKey = createPublicKey({ key: Buffer.concat([spkiHead, key]), format: 'der', type: 'spki' });
    return (part) =>
      part.startsWith('v1a,') && verifyEd25519(null, signed, publicKey, Buffer.from(part.slice(4), 'base64'));
  }
  const expected = createHmac('sha256', key).update(signed).digest();
  return (part) => {
    const given = Buffer.from(part.startsWith('v1,') ? part.slice(3) : '', 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}
