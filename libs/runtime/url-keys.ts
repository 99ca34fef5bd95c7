/** Keys that are addresses: parsed to every part of them at boot, shown without what could be secret in them. */
import { accessSync, constants } from 'node:fs';
import { checkedListKey, makeKey, type ConfigKey, type KeyText } from './config.ts';
import { maskedUrl } from './masked-value.ts';

/** An http or https address. @param logins the keys that a login belongs in; null: it takes none */
export function httpUrlKey(text: KeyText & { readonly logins: string | null }): ConfigKey<string> {
  return maskedAsUrl(makeKey(text, (value) => httpUrl(value, text.default ?? '', text.logins)));
}

/** The same where it may be missing: empty means null. */
export function optionalHttpUrlKey(
  text: Omit<KeyText, 'default'> & { readonly example: string; readonly mayHaveQuery?: boolean },
): ConfigKey<string | null> {
  return maskedAsUrl(
    makeKey({ ...text, default: '' }, (value) =>
      value === '' ? null : httpUrl(value, text.example, null, text.mayHaveQuery),
    ),
  );
}

function httpUrl(value: string, example: string, logins: string | null, mayHaveQuery = false): string {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol) || /\s/.test(value)) {
    throw new Error(`must be an address such as ${example}, not '${maskedUrl(value)}'`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`must not hold a user or a password${logins === null ? '' : `: they go into ${logins}`}`);
  }
  if ((url.search !== '' && !mayHaveQuery) || url.hash !== '')
    throw new Error('must end before the ? or #: paths are put behind it');
  return value;
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const databaseForm = 'postgresql://user:password@host:5432/database';

/** An address of PostgreSQL, as its driver takes it. */
export function databaseUrlKey(text: KeyText): ConfigKey<string> {
  return maskedAsUrl(
    makeKey(text, (value) => {
      // The driver takes one without a host, for a socket that the query names.
      const url = URL.parse(value.replace('@/', '@localhost/'));
      // With an @ behind the host, a password was torn at a / or # in it, and its first part taken for the host.
      const isTorn = url !== null && (url.pathname + url.hash).includes('@');
      if (url === null || isTorn || !/^postgres(ql)?:\/\//.test(value) || /\s/.test(value)) {
        throw new Error(
          `must be an address such as ${databaseForm}, with %40, %3A, %2F, %23 and %3F for @ : / # and ? in a password`,
        );
      }
      requireDecodable([url.username, url.password, url.pathname]);
      const mode = url.searchParams.get('sslmode');
      if (mode !== null && !sslModes.includes(mode)) {
        throw new Error(`must have one of ${sslModes.join(', ')} as sslmode`);
      }
      for (const name of ['sslrootcert', 'sslcert', 'sslkey']) requireFile(name, url.searchParams.get(name));
      return value;
    }),
  );
}

/** smtp:// or smtps:// with a host; empty means null. */
export function smtpUrlKey(text: Omit<KeyText, 'default' | 'secret'>): ConfigKey<string | null> {
  return makeKey({ ...text, default: '', secret: true }, (value) => {
    if (value === '') return null;
    const url = URL.parse(value);
    if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '' || /\s/.test(value)) {
      throw new Error('must be an address such as smtp://user:password@host:587 or smtps://host:465');
    }
    requireDecodable([url.username, url.password]);
    // The mailer takes whatever else stands there for an option, and 0 for a number: it would decide on TLS unseen.
    for (const [name, said] of url.searchParams) {
      if (name !== 'requireTLS') throw new Error('must have nothing behind the ? but requireTLS');
      if (said !== 'true' && said !== 'false') throw new Error('must have true or false as requireTLS');
    }
    if (url.searchParams.size > 1) throw new Error('must have requireTLS once');
    return value;
  });
}

export function maskedAsUrl<T>(key: ConfigKey<T>): ConfigKey<T> {
  const known = key.default === '' ? null : key.default;
  return { ...key, shown: (value) => (value === '' ? '' : maskedUrl(value, known)) };
}

export function requireDecodable(parts: readonly string[]): void {
  try {
    for (const part of parts) decodeURIComponent(part);
  } catch (cause) {
    throw new Error('must have %25 for each % in its user, password or path', { cause });
  }
}

function requireFile(name: string, file: string | null): void {
  if (file === null || file === '' || file === 'system') return;
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw new Error(`must name a file that is there and readable as ${name}`, { cause });
  }
}

/** Origins as browsers send them (RFC 6454, section 6.2), such as https://portal.example.com. */
export function originsKey(text: KeyText): ConfigKey<readonly string[]> {
  return checkedListKey(text, (item, told) => {
    const url = URL.parse(item);
    if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== item) {
      throw new Error(
        `must be origins such as https://portal.example.com, in lower case and without a path, not ${told}`,
      );
    }
  });
}
