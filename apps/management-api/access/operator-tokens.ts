/**
 * In: a token of OpenID Connect. Out: the operator whose it is, or why not. Holds: whose issuer it says is looked at before
 * anything is asked or reckoned; only signatures with a public key are taken; nothing of it is believed before.
 */
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import { readOperator, type OperatorRules } from '../../../libs/domain/access/operator-claims.ts';
import type { Caller } from './caller.ts';
import type { IssuerKeys } from './issuer-keys.ts';

export interface OperatorTokensOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly rules: OperatorRules;
  readonly keys: Pick<IssuerKeys, 'keyOf'>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export type JudgedToken =
  | { readonly kind: 'operator'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly reason: string }
  /** It is genuine, and gives no role here. */
  | { readonly kind: 'no_role' };

/** With a public key alone: `none`, and what is signed with a secret that two have, is nothing that an issuer signs for us. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** What is a token of another kind, such as one that tells of a sign-out, lets nobody in (RFC 8725, section 3.11). */
const types = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);
const skewSeconds = 30;

/** Whether it has the form of a signed JWT (RFC 7519): no key of ours begins so. */
export function isSignedJwt(text: string): boolean {
  return /^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(text);
}

export class OperatorTokens {
  private readonly options: OperatorTokensOptions;

  constructor(options: OperatorTokensOptions) {
    this.options = options;
  }

  /** @throws IssuerAway when the keys of the issuer are not known */
  async judge(token: string): Promise<JudgedToken> {
    const { issuer, audience, rules, keys, now } = this.options;
    let claims: JWTPayload;
    try {
      const at = new Date(now());
      requireOurs(token, issuer, at);
      const wanted = { issuer, audience, algorithms, clockTolerance: skewSeconds, requiredClaims: ['exp', 'sub'] };
      const verified = await jwtVerify(token, (header) => keys.keyOf(header), { ...wanted, currentDate: at });
      claims = verified.payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return { kind: 'refused', reason: reasonOf(error) };
      throw error;
    }
    const read = readOperator(claims, rules);
    switch (read.kind) {
      case 'no_role':
        return read;
      case 'no_subject':
        return { kind: 'refused', reason: 'its `sub` is not a text of 1 to 240 printable characters' };
      case 'operator':
        return { kind: 'operator', caller: callerOf(read.operator, claims.exp ?? 0) };
    }
  }
}

/** @throws JOSEError for what need not be looked at further */
function requireOurs(token: string, issuer: string, now: Date): void {
  const { alg, typ } = headerOf(token);
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw new errors.JOSEAlgNotAllowed();
  const isKnown = typ === undefined || (typeof typ === 'string' && types.has(typ.toLowerCase()));
  if (!isKnown) throw new errors.JWTInvalid(otherType);
  const claims = decodeJwt(token);
  if (claims.iss !== issuer) throw new errors.JWTClaimValidationFailed('another issuer', claims, 'iss');
  // Also while the keys are not known: an answer that goes on for long ends with its token.
  const endMs = ((claims.exp ?? 0) + skewSeconds) * 1_000;
  if (endMs <= now.getTime()) throw new errors.JWTExpired('its time is over', claims, 'exp');
}

/** Whatever a stranger wrote: jose answers a header that is none by a TypeError. @throws JOSEError */
function headerOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw new errors.JWTInvalid('no header', { cause });
  }
}

const otherType = 'other type';

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JOSEAlgNotAllowed) return `its \`alg\` is none of ${algorithms.join(', ')}`;
  if (error instanceof errors.JWTExpired) return 'its time is over (`exp`)';
  if (error instanceof errors.JWTClaimValidationFailed) return `its \`${error.claim}\` is not what it has to be`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is not that of its issuer';
  if (error instanceof errors.JWKSNoMatchingKey) return 'its issuer has no key that it names';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'it names none of the several keys of its issuer (`kid`)';
  if (error instanceof errors.JWKInvalid) return 'the key of its issuer cannot be used';
  if (error.message === otherType) return 'its `typ` is not that of an access token or an ID token';
  return 'it is no token that can be read';
}

function callerOf({ subject, name, role, capabilities }: OperatorOf, exp: number): Caller {
  return {
    kind: 'oidc',
    // Whatever an issuer calls somebody, it is the id of no key.
    keyId: `oidc:${subject}`,
    name,
    role,
    clientId: null,
    capabilities,
    expiresAt: exp * 1_000,
    grantedUntil: null,
    session: null,
  };
}

type OperatorOf = Extract<ReturnType<typeof readOperator>, { kind: 'operator' }>['operator'];
