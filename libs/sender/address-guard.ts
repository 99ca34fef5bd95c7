/**
 * In: the URL of a webhook, at its registration and before each attempt; the addresses its name resolves to, as they
 * are dialled. Out: why it is refused, or nothing. Holds: an address that is dialled was judged, and no name is
 * resolved a second time between judging and dialling, so that an answer that changes changes nothing.
 */
import { isIP, type LookupFunction } from 'node:net';
import { AddressRules } from './address-rules.ts';
import { HostRules } from './host-rules.ts';
import { NameResolver, type ResolvedAddress } from './name-resolver.ts';

/** As in libs/runtime/egress-keys.ts: ALLOWED_URL_SCHEMES, ALLOWED_PORTS, ALLOWED_HOSTS, DENIED_HOSTS, DISALLOWED_IP_RANGES, EGRESS_ALLOW. */
export interface EgressRules {
  /** http or https. */
  readonly schemes: readonly string[];
  /** Numbers, ranges such as 8000-8999, or * for any. */
  readonly ports: readonly string[];
  /** CIDRs or addresses that are refused beside what is not global. */
  readonly disallowed: readonly string[];
  /** CIDRs or addresses that are allowed though they are not global. */
  readonly allowed: readonly string[];
  /** Names, `*.` for all below one, or addresses; empty: every host. */
  readonly allowedHosts?: readonly string[];
  readonly deniedHosts?: readonly string[];
}

export type UrlRule = 'format' | 'characters' | 'userinfo' | 'scheme' | 'port' | 'host' | 'address';

export interface UrlRefusal {
  readonly rule: UrlRule;
  /** A sentence for whoever wrote the URL. */
  readonly message: string;
}

/** A name or an address that must not be dialled. What it says is for the owner of the webhook: no address that a name resolves to. */
export class RefusedAddressError extends Error {
  readonly code = 'refused_address';
  /** True of a name for which name servers answer loopback: providers do so for zones that are suspended or not served just now. */
  readonly retryable: boolean;

  constructor(message: string, { retryable = false }: { readonly retryable?: boolean } = {}) {
    super(message);
    this.retryable = retryable;
  }
}

/** A name that could not be resolved. */
export class NameError extends Error {
  readonly code = 'name_not_resolved';
  readonly retryable = true;
}

/** A name that resolved to what must not be dialled. For the log of whoever runs this, and for nobody else. */
export interface RefusedName {
  readonly hostname: string;
  readonly address: string;
  readonly reason: string;
}

export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

let systemResolver: NameResolver | null = null;

/** With the name servers and the hosts file of the system. */
function systemResolve(hostname: string): Promise<readonly ResolvedAddress[]> {
  return (systemResolver ??= new NameResolver()).resolve(hostname);
}

const urlCharsMax = 2048;
const schemesKnown = ['http', 'https'];

/** Names of this machine and of metadata services, whatever they resolve to. */
const refusedNames = new Set([
  'localhost',
  'localhost.localdomain',
  'localhost4',
  'localhost4.localdomain4',
  'localhost6',
  'localhost6.localdomain6',
  'ip6-localhost',
  'ip6-loopback',
  'broadcasthost',
  'metadata',
  'metadata.goog',
  'metadata.google.internal',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** What the owner of a webhook hears of an address that its name resolves to. */
export const refusedWords = 'a private or blocked address, which is refused';

export class AddressGuard {
  readonly #schemes: ReadonlySet<string>;
  readonly #ports: readonly { readonly from: number; readonly to: number }[];
  readonly #rules: EgressRules;
  readonly #addresses: AddressRules;
  readonly #hosts: HostRules;
  readonly #resolve: Resolve;
  readonly #onRefusedName: (refused: RefusedName) => void;

  /** @throws Error on a rule that cannot be read: a bad CIDR, an unknown scheme, a port that is none */
  constructor(
    rules: EgressRules,
    resolve: Resolve = systemResolve,
    onRefusedName: (refused: RefusedName) => void = () => undefined,
  ) {
    this.#schemes = new Set(rules.schemes.map(parseScheme));
    this.#ports = rules.ports.map(parsePorts);
    this.#addresses = new AddressRules(rules.disallowed, rules.allowed);
    this.#hosts = new HostRules(rules.allowedHosts ?? [], rules.deniedHosts ?? []);
    this.#rules = rules;
    this.#resolve = resolve;
    this.#onRefusedName = onRefusedName;
  }

  /** Why the URL may not be used for a webhook; null when it may. A name is resolved only when it is dialled. */
  checkUrl(text: string): UrlRefusal | null {
    if (text.length > urlCharsMax) return refuse('format', `A URL has at most ${urlCharsMax} characters.`);
    if (hasControlCharacter(text) || text.includes('\\')) {
      return refuse('characters', 'A URL has no blanks, control characters or backslashes.');
    }
    const [, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text) ?? [];
    if (scheme === '') return refuse('format', 'This is not an absolute URL.');
    if (!this.#schemes.has(scheme.toLowerCase())) {
      return refuse('scheme', `${scheme} is not among the allowed schemes: ${this.#rules.schemes.join(', ')}.`);
    }
    if (authority === '') return refuse('format', 'This URL has no host.');
    if (authority.includes('@')) return refuse('userinfo', 'A URL carries no user name or password; use a header.');
    if (authority.startsWith('[') && authority.includes('%')) {
      return refuse('host', 'An IPv6 address in a URL has no zone id.');
    }
    if (!URL.canParse(text)) return refuse('format', 'This is not a URL.');
    return this.#checkParsed(new URL(text));
  }

  /** Null when the address may be dialled, else why not. */
  checkAddress(address: string): string | null {
    return this.#addresses.refusal(address);
  }

  /** For the connector: resolves once and hands out those of the addresses that may be dialled. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const refused = this.#hosts.refusal(hostname);
    if (refused !== null) {
      callback(new RefusedAddressError(refused), '');
      return;
    }
    this.#resolve(hostname).then(
      (found) => {
        const allowed = found.filter(({ address }) => this.checkAddress(address) === null);
        const [first] = allowed;
        if (first === undefined) callback(this.#refusalOfAnswer(hostname, found), '');
        else if (options.all === true) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => {
        callback(new NameError(notResolved(hostname, error), { cause: error }), '');
      },
    );
  };

  /** For the connector, which does not look up what is an address already. @throws RefusedAddressError */
  assertLiteral(hostname: string): void {
    if (isIP(hostname) === 0) return;
    const refused = this.#hosts.refusal(hostname);
    if (refused !== null) throw new RefusedAddressError(refused);
    const reason = this.checkAddress(hostname);
    if (reason !== null) throw new RefusedAddressError(`${hostname} is refused: it is ${reason}`);
  }

  #checkParsed(url: URL): UrlRefusal | null {
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    if (port === 0 || !this.#ports.some((range) => port >= range.from && port <= range.to)) {
      return refuse('port', `Port ${port} is not among the allowed ports: ${this.#rules.ports.join(', ')}.`);
    }
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const refused = this.#checkHost(host);
    if (refused !== null) return refused;
    const hostRefusal = this.#hosts.refusal(host);
    return hostRefusal === null ? null : refuse('host', hostRefusal);
  }

  #checkHost(host: string): UrlRefusal | null {
    if (isIP(host) === 0) return checkName(host);
    const reason = this.checkAddress(host);
    return reason === null ? null : refuse('address', `${host} is refused: it is ${reason}.`);
  }

  /** Of an answer in which no address may be dialled. */
  #refusalOfAnswer(hostname: string, found: readonly ResolvedAddress[]): RefusedAddressError | NameError {
    const [first] = found;
    if (first === undefined) return new NameError(`${hostname} has no address`);
    const named = found.find(({ address }) => !this.#addresses.isUnspecified(address));
    // What name servers answer for a name that they filter or do not serve just now. Nobody's endpoint is there.
    if (named === undefined) {
      return new NameError(
        `${hostname} was not resolved: a name server answered ${first.address}, which is not an address`,
      );
    }
    const { address } = named;
    const reason = this.checkAddress(address) ?? '';
    this.#onRefusedName({ hostname, address, reason });
    // Which address, and of which kind, would map the network inside for whoever may write names.
    const retryable = found.every((one) => this.#addresses.isNobodys(one.address));
    return new RefusedAddressError(`${hostname} resolves to ${refusedWords}`, { retryable });
  }
}

function checkName(host: string): UrlRefusal | null {
  const name = host.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  if (name.length > 253 || !labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) {
    return refuse('host', `${host} is not a host name.`);
  }
  if (refusedNames.has(name) || labels.at(-1) === 'localhost') {
    return refuse('host', `${host} names a machine inside, not an endpoint.`);
  }
  return null;
}

function refuse(rule: UrlRule, message: string): UrlRefusal {
  return { rule, message };
}

/** C0, C1 and blanks: a URL parser would drop or encode them, so that what is read is not what was written. */
function hasControlCharacter(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u0020\u007f-\u00a0\u2028\u2029]/.test(text);
}

function parseScheme(text: string): string {
  const scheme = text.toLowerCase().replace(/:(\/\/)?$/, '');
  if (!schemesKnown.includes(scheme))
    throw new Error(`ALLOWED_URL_SCHEMES has an item that is not http or https: '${text}'`);
  return scheme;
}

function parsePorts(text: string): { from: number; to: number } {
  if (text === '*') return { from: 1, to: 65_535 };
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range = { from: Number(first), to: Number(last ?? first) };
  if (!(range.from >= 1 && range.to >= range.from && range.to <= 65_535)) {
    throw new Error(`ALLOWED_PORTS has an item that is not a port: '${text}'`);
  }
  return range;
}

function notResolved(hostname: string, error: unknown): string {
  // A name such as `receiver` works for whoever has the search domain that is added to it.
  const isShort = !hostname.replace(/\.$/, '').includes('.');
  const hint = isShort && isUnknownName(error) ? '; names must be complete, no search domain is added' : '';
  return `${hostname} was not resolved: ${describeDnsError(error)}${hint}`;
}

function isUnknownName(error: unknown): boolean {
  return ['ENOTFOUND', 'ENODATA'].includes(String((error as { code?: unknown } | null)?.code));
}

function describeDnsError(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : null;
  switch (code) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return 'there is no such name, or it has no address';
    case 'ETIMEOUT':
    case 'EAI_AGAIN':
    case 'ECONNREFUSED':
      return 'the name servers did not answer';
    case 'ESERVFAIL':
    case 'EREFUSED':
    case 'ENOTIMP':
    case 'EFORMERR':
      return `the name servers failed (${code})`;
    case 'EBADRESP':
    case 'EBADNAME':
      return `the name servers gave an answer that cannot be read (${code})`;
    case null:
      return String(error);
    default:
      return code;
  }
}
