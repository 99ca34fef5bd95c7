/** Whose tokens operators sign in with (OpenID Connect), beside keys, and what the values of a claim let them do. */
import { makeKey, optionalKey, type ConfigKey } from './config.ts';
import { certificatesKey } from './name-keys.ts';
import { hiddenText, quoted, maskedText } from './masked-value.ts';
import { optionalHttpUrlKey } from './url-keys.ts';

type Others = Readonly<Record<string, unknown>>;

/** `view` looks at everything and changes nothing; a list is that of the capabilities, with the same view. */
export type OperatorGrant<Capability extends string> = 'admin' | 'view' | 'publisher' | readonly Capability[];

export interface OperatorRole<Capability extends string> {
  /** Of the claim. */
  readonly value: string;
  readonly grant: OperatorGrant<Capability>;
}

const roleClaimDefault = 'roles';
const nameClaimDefault = 'email';
const words = ['admin', 'view', 'publisher'] as const;
const issuerName = 'OPERATORS_OIDC_ISSUER';

/** @param capabilities names that a role may be made of */
export function operatorOidcKeys<const Capability extends string>(capabilities: readonly Capability[]) {
  return {
    OPERATORS_OIDC_ISSUER: issuerKey(),
    OPERATORS_OIDC_AUDIENCE: onlyWithIssuer(
      optionalKey({ description: 'What `aud` of their tokens has to name: this API, as the issuer knows it' }),
    ),
    OPERATORS_OIDC_ROLE_CLAIM: claimKey(
      'Claim that has their roles, a text or a list of texts: its name, or a JSON Pointer such as /realm_access/roles',
      roleClaimDefault,
    ),
    OPERATORS_OIDC_ROLES: onlyWithIssuer(rolesKey(capabilities)),
    OPERATORS_OIDC_NAME_CLAIM: claimKey(
      'Claim that the audit log names them by, beside `sub`; its name, or a JSON Pointer',
      nameClaimDefault,
    ),
    OPERATORS_OIDC_CA: onlyWithIssuer(
      certificatesKey({ description: 'CA of the issuer in PEM; empty: those of TLS_CA' }),
    ),
  } as const;
}

function issuerKey(): ConfigKey<string | null> {
  const key = optionalHttpUrlKey({
    description: 'Issuer whose tokens operators send as they send a key, exactly as `iss` has it; empty: keys alone',
    example: 'https://idp.example/realms/ops',
  });
  return {
    ...key,
    parse: (text) => {
      const issuer = key.parse(text);
      if (issuer === null || mayBeAsked(issuer)) return issuer;
      throw new Error(
        'must begin with https://: over http only loopback is asked for the keys that tokens are judged by',
      );
    },
    conflict: (issuer, others) => {
      if (issuer === null) return null;
      const missing = ['OPERATORS_OIDC_AUDIENCE', 'OPERATORS_OIDC_ROLES'].filter((name) => isMissing(others[name]));
      return missing.length === 0 ? null : `is set, which takes ${missing.join(' and ')}: set them`;
    },
  };
}

/** Whoever is between could give out keys of their own: without TLS only this machine is believed. */
export function mayBeAsked(url: string): boolean {
  const { protocol = '', hostname = '' } = URL.parse(url) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname));
}

function isMissing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** What would be overlooked in silence. */
function onlyWithIssuer<T>(key: ConfigKey<T>): ConfigKey<T> {
  return {
    ...key,
    conflict: (value, others: Others) =>
      isMissing(value) || others[issuerName] !== null ? null : `is set, but ${issuerName} is not`,
  };
}

/** The way to a claim: the names of its members from the outermost on. */
function claimKey(description: string, byDefault: string): ConfigKey<readonly string[]> {
  return makeKey({ description, default: byDefault }, (value): readonly string[] => {
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (value === '' || /[\u0000-\u001f\u007f]/.test(value))
      throw new Error('must be the name of a claim, or a JSON Pointer such as /realm_access/roles');
    if (!value.startsWith('/')) return [value];
    if (/~(?![01])/.test(value)) throw new Error('must have ~0 and ~1 for ~ and / in the names of a JSON Pointer');
    return value
      .slice(1)
      .split('/')
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  });
}

function rolesKey<const Capability extends string>(
  capabilities: readonly Capability[],
): ConfigKey<readonly OperatorRole<Capability>[]> {
  const text = {
    description:
      'What values of that claim may do, as value=admin, value=view, value=publisher, or value=capability+capability, with commas between',
    default: '',
  };
  return makeKey(text, (value): readonly OperatorRole<Capability>[] => {
    const items = value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    const isTorn = maskedText(value) === hiddenText;
    const roles = items.map((item) => {
      const role = roleOf(item, capabilities);
      if (role !== null) return role;
      throw new Error(
        `must be value=role with ${words.join(', ')} or capabilities joined by + as role (${capabilities.join(', ')}), not ${isTorn ? hiddenText : quoted(item)}`,
      );
    });
    const values = roles.map((role) => role.value);
    const twice = values.find((one, index) => values.indexOf(one) !== index);
    if (twice !== undefined) throw new Error(`must name ${quoted(twice)} once`);
    return roles;
  });
}

function roleOf<Capability extends string>(
  item: string,
  capabilities: readonly Capability[],
): OperatorRole<Capability> | null {
  // Of the last one: values of claims may have such a sign too.
  const at = item.lastIndexOf('=');
  const value = item.slice(0, Math.max(0, at)).trim();
  const said = item.slice(at + 1).trim();
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (value === '' || /[\u0000-\u001f\u007f]/.test(item)) return null;
  const word = words.find((one) => one === said);
  if (word !== undefined) return { value, grant: word };
  const named = said.split('+').map((name) => capabilities.find((one) => one === name.trim()));
  return named.includes(undefined) ? null : { value, grant: named.filter((one) => one !== undefined) };
}
