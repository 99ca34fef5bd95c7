/** Keys of a token that is fetched with the credentials of a client (RFC 6749, section 4.4). */
import { makeKey, optionalKey, type ConfigKey, type KeyText } from './config.ts';
import { certificatesKey } from './name-keys.ts';
import { optionalHttpUrlKey } from './url-keys.ts';

type Others = Readonly<Record<string, unknown>>;
export type Pairs = Readonly<Record<string, string>>;

/** What the request has of its own. */
const requestFields = ['grant_type', 'client_id', 'client_secret', 'scope'];

export const tokenUrlKey = (whom: string): ConfigKey<string | null> =>
  optionalHttpUrlKey({
    description: `Where tokens for ${whom} are fetched`,
    example: 'https://idp.example/oauth2/token',
    mayHaveQuery: true,
  });
export const clientIdKey = (): ConfigKey<string | null> => optionalKey({ description: 'Id of ours as a client there' });
export const clientSecretKey = (): ConfigKey<string | null> =>
  optionalKey({ description: 'Secret of this client', secret: true });
export const scopeKey = (): ConfigKey<string | null> =>
  optionalKey({ description: 'Scopes that are asked for, with blanks between; empty: none are named' });
export const parametersKey = (): ConfigKey<Pairs> =>
  pairsKey({ description: 'Further fields of that request, as name=value&name=value', secret: true }, requestFields);
export const tokenCaKey = (): ConfigKey<string | null> =>
  certificatesKey({ description: 'CA of that server in PEM; empty: those of TLS_CA' });

/** Of SASL (RFC 7628, section 3.1): such as the logical cluster and the identity pool of Confluent Cloud. */
export const extensionsKey = (): ConfigKey<Pairs> =>
  pairsKey({ description: 'SASL extensions that go with the token, as name=value&name=value' }, ['auth']);

/** Names and values as in a query. */
function pairsKey(text: Omit<KeyText, 'default'>, reserved: readonly string[]): ConfigKey<Pairs> {
  return makeKey({ ...text, default: '' }, (value) => {
    const pairs = new URLSearchParams(value.trim());
    const found: Record<string, string> = {};
    for (const [name, said] of pairs) {
      if (!/^[A-Za-z][A-Za-z0-9_.-]*$/.test(name) || !/^[\x20-\x7e]+$/.test(said))
        throw new Error('must be name=value&name=value, with % and what is no ASCII as %25 and the like');
      if (reserved.includes(name)) throw new Error(`must not name ${name}, which is set otherwise`);
      if (name in found) throw new Error(`must name ${name} once`);
      found[name] = said;
    }
    return found;
  });
}

/** Names of such keys that are set, of those that begin with `prefix`. */
export function setOf(prefix: string, others: Others): readonly string[] {
  return Object.entries(others)
    .filter(([name, value]) => name.startsWith(prefix) && isSet(value))
    .map(([name]) => name);
}

export function isSet(value: unknown): boolean {
  return value !== null && (typeof value !== 'object' || Object.keys(value).length > 0);
}

/** Those without which no token can be fetched, and which are not set. */
export function missingOf(prefix: string, others: Others): readonly string[] {
  return ['TOKEN_URL', 'CLIENT_ID', 'CLIENT_SECRET']
    .map((name) => prefix + name)
    .filter((name) => others[name] === null);
}
