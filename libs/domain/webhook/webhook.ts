/** A webhook is a client's subscription: which events go to which URL, and how. */

import type { AnswerCodes } from '../delivery/answer-codes.ts';
import type { Pause } from './pause.ts';

export type Ordering = 'inOrder' | 'parallel' | 'strict';
export type PayloadFormat = 'json' | 'cloudevents' | 'form' | 'xml';
export type SignatureAlgorithm = 'hmac-sha256' | 'ed25519';
/** `unverified`: its endpoint has not proven that it wants deliveries. */
export type DisabledBy = 'client' | 'operator' | 'failures' | 'gone' | 'unverified';

/**
 * What fan-out does with new events of a webhook that is rewound (libs/domain/delivery/rewind.ts). `holding`: it leaves them to the
 * rewind. `joining`: it keeps their deliveries too, to write them once the rewind has written what came before.
 */
export type RewindHold = 'holding' | 'joining';

export interface RetryPolicy {
  /** Most attempts of one round, 1 to 20. */
  readonly maxAttempts: number;
  /** Delay before the second attempt, in milliseconds, 1,000 at least. */
  readonly baseDelayMs: number;
  /** Longest delay, in milliseconds, 24 h at most. */
  readonly maxDelayMs: number;
  /** Each delay is the one before times this, 1 to 100. */
  readonly backoffFactor: number;
  /** Part of the delay that is random, 0 to 1: 0.2 is plus or minus 20 %. */
  readonly jitter: number;
}

export interface SealedSecret {
  readonly id: string;
  /** Ciphertext envelope (libs/runtime/secret-box.ts) of the secret in its `whsec_` or `whsk_` form. */
  readonly sealed: string;
  /** Unix milliseconds until which it signs; null for the current secret. */
  readonly expiresAt: number | null;
}

/** What a webhook brings of its own for TLS, in PEM. */
export interface TlsMaterial {
  /** Trusted in place of those that the process trusts. */
  readonly ca?: string;
  /** Client certificate with its chain; with `key`. */
  readonly cert?: string;
  /** Without a passphrase. */
  readonly key?: string;
}

export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** RFC 3339. */
  readonly validTo: string;
  readonly fingerprint256: string;
}

/** The same without its secrets; null where there is none. */
export interface ShownTls {
  readonly ca: readonly ShownCertificate[] | null;
  readonly cert: readonly ShownCertificate[] | null;
  /** Masked. */
  readonly key: string | null;
}

/** What travels on webhook.definitions: all that fan-out, dispatch and health need to know of a webhook. */
export interface WebhookDefinition extends AnswerCodes<string>, Pause {
  readonly id: string;
  readonly clientId: string;
  readonly url: string;
  /** Exact types, prefix patterns such as `order.*`, or `*`. */
  readonly eventTypes: readonly string[];
  readonly isActive: boolean;
  readonly disabledBy: DisabledBy | null;
  readonly disabledReason: string | null;
  /** Filter as JSON text (libs/domain/filter/filter.ts). */
  readonly filter: string | null;
  readonly format: PayloadFormat;
  readonly ordering: Ordering;
  readonly maxInFlight: number;
  readonly rateLimitPerSecond: number | null;
  readonly timeoutMs: number;
  readonly retryPolicy: RetryPolicy;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Live secrets, newest first; each signs. */
  readonly secrets: readonly SealedSecret[];
  /** Ciphertext envelope of a JSON object of headers to add. */
  readonly sealedHeaders: string | null;
  /** Ciphertext envelope of `{ ca?, cert?, key? }` in PEM. */
  readonly sealedTls: string | null;
  /** Unix milliseconds from and to which it recovers (libs/domain/health/recovery.ts); null when it does not. */
  readonly recoveringSince: number | null;
  readonly recoveringUntil: number | null;
  /** Null, or left out: it is not rewound. */
  readonly rewind?: RewindHold | null;
  /** Counts changes from 1. */
  readonly version: number;
  /** The version in which it got its present URL; 1 in definitions from before this was told. */
  readonly targetVersion: number;
  readonly updatedAt: number;
}
