/**
 * TLS sessions of origins, so that the next handshake is short; they outlive their connections. In a resumed handshake
 * nobody shows a certificate, so what was verified in the full one is all there is. Holds: a session, and every one that
 * a resumed connection got in its turn, ends with the certificates of that full handshake, and {@link sessionMsMax} after it.
 */
import { checkServerIdentity, type PeerCertificate, type DetailedPeerCertificate } from 'node:tls';

/** How long the certificate of a full handshake is believed: after that it is shown and verified again. */
export const sessionMsMax = 600_000;
/** A few KiB each. */
const sessionsMax = 5000;

/** Until when what a full handshake verified may be relied on. */
export interface SessionTerm {
  /** Unix milliseconds at which the first certificate of the chain ends. */
  readonly certifiedUntil: number;
  /** On the monotonic clock. */
  readonly until: number;
}

export interface TlsSession {
  readonly bytes: Buffer;
  readonly term: SessionTerm;
}

/** The present, on both clocks. */
export interface Present {
  readonly unixMs: number;
  readonly monotonicMs: number;
}

export class TlsSessions {
  readonly #sessions = new Map<string, TlsSession>();

  /** The newest of this key, as long as its term lasts. */
  recall(key: string, now: Present): TlsSession | undefined {
    const session = this.#sessions.get(key);
    if (session === undefined) return undefined;
    const { certifiedUntil, until } = session.term;
    if (now.unixMs < certifiedUntil && now.monotonicMs < until) return session;
    this.#sessions.delete(key);
    return undefined;
  }

  keep(key: string, session: TlsSession): void {
    this.#sessions.delete(key);
    const oldest = this.#sessions.size >= sessionsMax ? this.#sessions.keys().next().value : undefined;
    if (oldest !== undefined) this.#sessions.delete(oldest);
    this.#sessions.set(key, session);
  }
}

/** Of a full handshake in which this certificate was shown, with its issuers. */
export function termOf(certificate: PeerCertificate | DetailedPeerCertificate, monotonicMs: number): SessionTerm {
  let certifiedUntil = Infinity;
  const seen = new Set<PeerCertificate>();
  let next: PeerCertificate | undefined = certificate;
  while (next !== undefined && !seen.has(next)) {
    seen.add(next);
    const end = Date.parse(next.valid_to);
    // An end that cannot be read is none that may be relied on.
    certifiedUntil = Math.min(certifiedUntil, Number.isNaN(end) ? 0 : end);
    // The root names itself as its issuer.
    next = 'issuerCertificate' in next ? (next.issuerCertificate as PeerCertificate | undefined) : undefined;
  }
  return { certifiedUntil, until: monotonicMs + sessionMsMax };
}

/** As node:tls does it, which asks in full handshakes only; `onVerified` gets the certificate whose chain and name are right. */
export function identityCheck(onVerified: (certificate: PeerCertificate) => void): typeof checkServerIdentity {
  return (hostname, certificate) => {
    const error = checkServerIdentity(hostname, certificate);
    if (error === undefined) onVerified(certificate);
    return error;
  };
}
