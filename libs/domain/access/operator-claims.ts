/** What the claims of an operator's token let its bearer do. Its signature, issuer, audience and times were judged before. Pure. */
import { capabilities, capabilitiesOfScope, type Capability } from './capabilities.ts';

export interface OperatorRules {
  /** The way to the claim, from the outermost member on. */
  readonly roleClaim: readonly string[];
  readonly nameClaim: readonly string[];
  readonly roles: readonly {
    readonly value: string;
    readonly grant: 'admin' | 'view' | 'publisher' | readonly Capability[];
  }[];
}

export interface Operator {
  /** `sub`: the same for ever, for this issuer. */
  readonly subject: string;
  /** For people to read; null where the claim is missing. */
  readonly name: string | null;
  readonly role: 'admin' | 'publisher';
  readonly capabilities: readonly Capability[];
}

export type ReadOperator =
  | { readonly kind: 'operator'; readonly operator: Operator }
  | { readonly kind: 'no_subject' }
  /** Somebody known, to whom no value of the claim gives a role. */
  | { readonly kind: 'no_role' };

type Claims = Readonly<Record<string, unknown>>;

/** OpenID Connect Core 1.0, section 2: at most 255 characters of ASCII; without controls, as the audit log shows it. */
const subjectForm = /^[\x20-\x7e]{1,240}$/;
const nameCharsMax = 200;

/** Where one value or more give all there is, the others add nothing; only without them does `publisher` count. */
export function readOperator(claims: Claims, rules: OperatorRules): ReadOperator {
  const subject = claims['sub'];
  if (typeof subject !== 'string' || !subjectForm.test(subject)) return { kind: 'no_subject' };
  const held = new Set(textsOf(claimAt(claims, rules.roleClaim)));
  const grants = rules.roles.filter(({ value }) => held.has(value)).map(({ grant }) => grant);
  if (grants.length === 0) return { kind: 'no_role' };
  const reaching = grants.filter((grant) => grant !== 'publisher');
  const name = nameOf(claimAt(claims, rules.nameClaim));
  if (reaching.length === 0) {
    return { kind: 'operator', operator: { subject, name, role: 'publisher', capabilities: [] } };
  }
  const given = new Set(reaching.flatMap(capabilitiesOf));
  const all = capabilities.filter((one) => given.has(one));
  return { kind: 'operator', operator: { subject, name, role: 'admin', capabilities: all } };
}

function capabilitiesOf(grant: 'admin' | 'view' | readonly Capability[]): readonly Capability[] {
  if (grant === 'admin') return capabilities;
  return grant === 'view' ? capabilitiesOfScope.view : grant;
}

function claimAt(claims: Claims, way: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of way) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}

/** A list, or one text, which may be several with blanks between, as `scope` is (RFC 8693, section 4.2). */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value, ...value.split(' ')];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function nameOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > nameCharsMax || /[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value))
    return null;
  return value.trim() === '' ? null : value;
}
