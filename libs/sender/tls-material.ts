/** What a webhook may bring of its own for TLS: judged when it is set, and shown without a secret. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { ShownCertificate, ShownTls, TlsMaterial } from '../domain/webhook/webhook.ts';
import { maskedValue } from '../domain/payload/request-headers.ts';

export interface TlsRefusal {
  readonly member: keyof TlsMaterial;
  readonly rule: 'pem' | 'together' | 'pair' | 'expired' | 'count' | 'tls';
  readonly message: string;
}

const certificatesMax = 20;
const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** All that is wrong with it at `now` (Unix milliseconds); empty when a connection can be made with it. */
export function checkTls({ ca, cert, key }: TlsMaterial, now: number): readonly TlsRefusal[] {
  const refusals = [
    ...(ca === undefined ? [] : certificateRefusals('ca', ca)),
    ...(cert === undefined ? [] : certificateRefusals('cert', cert)),
    ...(key === undefined ? [] : keyRefusals(key)),
  ];
  if ((cert === undefined) !== (key === undefined)) {
    const member = cert === undefined ? 'cert' : 'key';
    refusals.push({ member, rule: 'together', message: 'A client certificate and its key are set together.' });
  }
  if (refusals.length === 0) refusals.push(...pairRefusals({ cert, key }, now));
  return refusals.length > 0 ? refusals : contextRefusals({ ca, cert, key });
}

function certificateRefusals(member: 'ca' | 'cert', pem: string): TlsRefusal[] {
  const certificates = certificatesOf(pem);
  if (certificates === null || certificates.length === 0) {
    return [{ member, rule: 'pem', message: 'This is not a certificate in PEM.' }];
  }
  if (certificates.length > certificatesMax) {
    return [{ member, rule: 'count', message: `There are at most ${certificatesMax} certificates.` }];
  }
  return [];
}

function keyRefusals(pem: string): TlsRefusal[] {
  return keyOf(pem) === null
    ? [{ member: 'key', rule: 'pem', message: 'This is not a private key in PEM without a passphrase.' }]
    : [];
}

function pairRefusals({ cert, key }: Members, now: number): TlsRefusal[] {
  const [own] = cert === undefined ? [] : (certificatesOf(cert) ?? []);
  const privateKey = key === undefined ? null : keyOf(key);
  if (own === undefined || privateKey === null) return [];
  if (!own.checkPrivateKey(privateKey)) {
    return [{ member: 'key', rule: 'pair', message: 'The key is not that of the first certificate.' }];
  }
  if (Date.parse(own.validTo) <= now) {
    return [{ member: 'cert', rule: 'expired', message: `The certificate ended on ${own.validTo}.` }];
  }
  return [];
}

/** What the connection will be made from: weak keys, for one, are refused only here. */
function contextRefusals(material: Members): TlsRefusal[] {
  try {
    createSecureContext(material);
    return [];
  } catch {
    const member = material.cert === undefined ? 'ca' : 'cert';
    return [{ member, rule: 'tls', message: 'No TLS connection can be made with this.' }];
  }
}

type Members = { readonly [Name in keyof TlsMaterial]: string | undefined };

/** The certificates by name and fingerprint, the key as a mask. */
export function showTls({ ca, cert, key }: TlsMaterial): ShownTls {
  return { ca: shownCertificates(ca), cert: shownCertificates(cert), key: key === undefined ? null : maskedValue };
}

function shownCertificates(pem: string | undefined): ShownCertificate[] | null {
  if (pem === undefined) return null;
  return (certificatesOf(pem) ?? []).map(({ subject, issuer, validTo, fingerprint256 }) => ({
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    validTo: new Date(validTo).toISOString(),
    fingerprint256,
  }));
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}

/** Null when one of them cannot be read. */
function certificatesOf(pem: string): X509Certificate[] | null {
  try {
    return (pem.match(pemBlock) ?? []).map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

function keyOf(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}
