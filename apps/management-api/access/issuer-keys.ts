/**
 * The public keys of the issuer of operators' tokens. Holds: however many tokens come, and whatever they name, the issuer is
 * asked once in {@link restMs} at most; no question outlives its time or its size; keys that were read go on for an hour
 * while the issuer is away.
 */
import { createLocalJWKSet, errors, type CryptoKey, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { mayBeAsked } from '../../../libs/runtime/oidc-keys.ts';
import type { HttpQuestion, HttpReply } from '../../../libs/wire/http-question.ts';

export interface IssuerKeysOptions {
  /** As `iss` has it. */
  readonly issuer: string;
  /** In PEM; null: those that the process trusts. */
  readonly ca: string | null;
  readonly ask: (question: HttpQuestion) => Promise<HttpReply>;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** The issuer did not say its keys: nothing is known about a token. */
export class IssuerAway extends Error {
  readonly code = 'issuer_unavailable';
  readonly retryable = true;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** Between two questions, whatever came of the first. */
export const restMs = 10_000;
/** Older keys are read again beside what they are used for. */
const freshMs = 5 * 60_000;
/** Older keys are not used: what the issuer has taken back is trusted for so long at most. */
const goodMs = 60 * 60_000;
const answerMs = 3_000;
const answerBytesMax = 256 * 1024;
const keysMax = 100;
/** RFC 7518, sections 3.3 and 3.5. */
const rsaBitsMin = 2_048;

export class IssuerKeys {
  private readonly options: IssuerKeysOptions;
  private known: { readonly set: KeySet; readonly readAt: number } | null = null;
  private reading: Promise<KeySet> | null = null;
  private askedAt = -Infinity;
  private failure: IssuerAway | null = null;

  constructor(options: IssuerKeysOptions) {
    this.options = options;
  }

  /** @throws IssuerAway, or what jose says of a header that no key fits */
  async keyOf(header: JWSHeaderParameters): Promise<CryptoKey> {
    const set = await this.current();
    try {
      return await usable(set, header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The issuer may have begun to sign with another key.
      if (!this.mayAsk()) throw this.failure ?? error;
      return usable(await this.read(), header);
    }
  }

  private async current(): Promise<KeySet> {
    const { known } = this;
    const ageMs = known === null ? Infinity : this.options.now() - known.readAt;
    if (known === null || ageMs > goodMs) {
      if (!this.mayAsk()) throw this.failure ?? new IssuerAway('its keys are too old');
      return this.read();
    }
    if (ageMs > freshMs && this.mayAsk()) this.read().catch(() => undefined);
    return known.set;
  }

  /** A question that is under way is everybody's. */
  private mayAsk(): boolean {
    return this.reading !== null || this.options.now() - this.askedAt >= restMs;
  }

  private read(): Promise<KeySet> {
    this.reading ??= this.ask().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async ask(): Promise<KeySet> {
    const { issuer, logger, now } = this.options;
    this.askedAt = now();
    try {
      const about = await this.document(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      // OpenID Connect Discovery 1.0, section 4.3.
      if (about['issuer'] !== issuer)
        throw new IssuerAway('it calls itself by another name than OPERATORS_OIDC_ISSUER');
      const place = about['jwks_uri'];
      if (typeof place !== 'string' || !mayBeAsked(place))
        throw new IssuerAway('it names no place of its keys that may be asked');
      const { keys } = await this.document(place);
      if (!Array.isArray(keys) || keys.length > keysMax) throw new IssuerAway('its keys are no list, or too many');
      const set = createLocalJWKSet({ keys: keys as JSONWebKeySet['keys'] });
      this.known = { set, readAt: now() };
      this.failure = null;
      return set;
    } catch (error) {
      this.failure = error instanceof IssuerAway ? error : new IssuerAway('it does not answer', { cause: error });
      logger.warn({ issuer, ...errorFields(this.failure) }, 'keys of the issuer of operators’ tokens were not read');
      throw this.failure;
    }
  }

  private async document(url: string): Promise<Readonly<Record<string, unknown>>> {
    const { ca, ask } = this.options;
    const headers = { accept: 'application/json' };
    const { status, body } = await ask({ url, headers, tls: ca === null ? null : { ca }, answerMs, answerBytesMax });
    if (status !== 200) throw new IssuerAway(`it answers ${status}`);
    let read: unknown;
    try {
      read = JSON.parse(body);
    } catch (cause) {
      throw new IssuerAway('its answer is not JSON', { cause });
    }
    if (typeof read !== 'object' || read === null) throw new IssuerAway('its answer is no object');
    return read as Readonly<Record<string, unknown>>;
  }
}

/** Of keys that cannot be read jose lets the errors of the platform through. @throws JOSEError */
async function usable(set: KeySet, header: JWSHeaderParameters): Promise<CryptoKey> {
  try {
    const key = await set(header);
    const { modulusLength } = key.algorithm as { readonly modulusLength?: number };
    if (modulusLength === undefined || modulusLength >= rsaBitsMin) return key;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw error;
    throw new errors.JWKInvalid('a key that cannot be read', { cause: error });
  }
  throw new errors.JWKInvalid(`a key of fewer than ${rsaBitsMin} bits`);
}
