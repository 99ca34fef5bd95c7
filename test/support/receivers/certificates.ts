/**
 * Certificates for tests, made when they are needed, so that none lies in the repository and none grows old.
 * X.509 version 3 with ECDSA on P-256 (RFC 5280), in the few bytes of DER that this takes.
 */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { dayMs } from '../../../libs/domain/day.ts';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface CertificateAuthority extends Certificate {
  issue(options?: IssueOptions): Certificate;
}

export interface IssueOptions {
  /** Default: 127.0.0.1 */
  readonly addresses?: readonly string[];
  /** Default: none. */
  readonly names?: readonly string[];
  /** Days from now, less than zero for an expired one. Default: 30 */
  readonly endsInDays?: number;
}

export function createAuthority(): CertificateAuthority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = nameOf('Test CA');
  const isAuthority = sequence(oid('551d13'), Buffer.from([1, 1, 0xff]), octets(sequence(Buffer.from([1, 1, 0xff]))));
  const cert = certificate(
    { issuer: name, subject: name, key: pair.publicKey, extension: isAuthority, days: 30 },
    pair.privateKey,
  );
  return {
    cert,
    key: pemKey(pair.privateKey),
    issue: ({ addresses = ['127.0.0.1'], names = [], endsInDays = 30 } = {}) => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subject = nameOf('Test endpoint');
      const extension = sequence(oid('551d11'), octets(sequence(...names.map(dnsName), ...addresses.map(ipName))));
      const parts = { issuer: name, subject, key: own.publicKey, extension, days: endsInDays };
      return { cert: certificate(parts, pair.privateKey), key: pemKey(own.privateKey) };
    },
  };
}

interface Parts {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly key: KeyObject;
  readonly extension: Buffer;
  readonly days: number;
}

function certificate(parts: Parts, issuerKey: KeyObject): string {
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const end = Date.now() + parts.days * dayMs;
  const body = sequence(
    element(0xa0, element(2, Buffer.from([2]))),
    element(2, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    parts.issuer,
    sequence(utcTime(Math.min(Date.now(), end) - dayMs), utcTime(end)),
    parts.subject,
    parts.key.export({ format: 'der', type: 'spki' }),
    element(0xa3, sequence(parts.extension)),
  );
  const signature = element(3, Buffer.concat([Buffer.from([0]), sign('sha256', body, issuerKey)]));
  const base64 = sequence(body, ecdsaWithSha256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}

function pemKey(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...items: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(items));
}

function octets(content: Buffer): Buffer {
  return element(4, content);
}

function oid(hex: string): Buffer {
  return element(6, Buffer.from(hex, 'hex'));
}

function utcTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
}

/** A common name alone. */
function nameOf(text: string): Buffer {
  return sequence(element(0x31, sequence(oid('550403'), element(0x0c, Buffer.from(text)))));
}

function dnsName(name: string): Buffer {
  return element(0x82, Buffer.from(name));
}

function ipName(address: string): Buffer {
  return element(0x87, Buffer.from(address.split('.').map(Number)));
}
