/**
 * Values of configuration as they may be told, in logs, lists and errors. An address is parsed, and only its parts that
 * hold no secret are put together again: nothing is looked for and replaced. Pure.
 */

export const hiddenText = '********';

/** Schemes of the addresses that there are keys for, and of the brokers that people write as one. */
const schemesShown = new Set([
  'http:',
  'https:',
  'postgresql:',
  'postgres:',
  'smtp:',
  'smtps:',
  'kafka:',
  'ftp:',
  'grpc:',
  'tcp:',
  'socks5:',
]);
const databaseSchemes = new Set(['postgresql:', 'postgres:']);
/** What a query may show: words of the driver, not of a person. */
const parametersShown: Readonly<Record<string, RegExp>> = {
  sslmode: /^(disable|allow|prefer|require|verify-ca|verify-full|no-verify)$/,
};

/**
 * Scheme, host and port, the name of a database, and a path that `known` has too; everything else is hidden. Hidden
 * altogether is what cannot be parsed, and what has an @ where none belongs: a password with a `/`, `?` or `#` ends up there.
 * @param known the default of its key: what it says is no secret
 */
export function maskedUrl(text: string, known: string | null = null): string {
  const url = URL.parse(text);
  if (url === null || !schemesShown.has(url.protocol)) return hiddenText;
  const { protocol, username, password, host, pathname, searchParams, search, hash } = url;
  if (/@|%40/i.test(pathname + search + hash)) return hiddenText;
  const login = username === '' && password === '' ? '' : `${hiddenText}@`;
  return `${protocol}//${login}${host}${maskedPath(pathname, protocol, known)}${maskedQuery(searchParams)}${hash === '' ? '' : `#${hiddenText}`}`;
}

/** Host and port of an address, and the name of its database: for a sentence. */
export function placeOf(text: string): string {
  const shown = maskedUrl(text);
  if (shown === hiddenText) return 'an address that is not a URL';
  return shown.replace(/^[a-z]+:\/\/(\*+@)?([^?#]*).*$/, '$2').replace(`/${hiddenText}`, '');
}

/** Any value: whatever looks like an address is shown as one, item by item, where a comma can only stand between items. */
export function maskedText(text: string): string {
  if (!/:\/\/|@/.test(text)) return text;
  const items = text.split(',');
  if (items.some((item, index) => mayGoOn(item.trim(), items.slice(index + 1)))) return hiddenText;
  return items.map((item) => (/:\/\/|@/.test(item) ? maskedUrl(item.trim()) : item)).join(',');
}

/** Whether the comma behind it may be one of its password, or of what follows its host. */
function mayGoOn(item: string, others: readonly string[]): boolean {
  if (others.length === 0) return false;
  if (item.includes('://')) return others.some((other) => other.includes('@')) || !endsWithItsHost(item);
  // What has an @ and no scheme before it is the end of something that began before.
  const [beforeAt = '', ...behindAt] = (others.find((other) => /:\/\/|@/.test(other)) ?? '').split('@');
  return behindAt.length > 0 && !beforeAt.includes('://');
}

/** A host that an address ends with is no part of a password. */
function endsWithItsHost(item: string): boolean {
  const url = URL.parse(item);
  return url !== null && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === '';
}

/** Of a value that is refused. */
export function quoted(text: string): string {
  // A comma may be part of a password: what looks like an address is never taken apart here.
  return `'${/:\/\/|@/.test(text) ? maskedUrl(text) : text}'`;
}

function maskedPath(path: string, protocol: string, known: string | null): string {
  if (path === '' || path === '/') return '';
  const isDatabase = databaseSchemes.has(protocol) && path.lastIndexOf('/') === 0;
  const isShown = isDatabase || (known !== null && URL.parse(known)?.pathname === path);
  return isShown ? path : `/${hiddenText}`;
}

function maskedQuery(parameters: URLSearchParams): string {
  const shown = [...parameters].map(([name, value]) =>
    parametersShown[name]?.test(value) === true ? `${name}=${value}` : hiddenText,
  );
  return shown.length === 0 ? '' : `?${[...new Set(shown)].join('&')}`;
}
