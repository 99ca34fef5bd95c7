/**
 * Resolves names on the event loop. The system's own resolver (getaddrinfo) runs on four threads that the whole
 * process shares, so a few names whose servers do not answer would hold up every other endpoint's first connection.
 * The hosts file counts, as there; search domains do not: the names of webhooks are complete.
 */
import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { monotonicMs } from '../runtime/monotonic.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface NameResolverOptions {
  /** Default: /etc/hosts. */
  readonly hostsFile?: string;
  /** Addresses of name servers; default: the system's. */
  readonly servers?: readonly string[];
  /** For one try of one server. Default: 1500 */
  readonly tryTimeoutMs?: number;
  /** Asks the system's name servers as they are now. Default: node:dns */
  readonly ofSystem?: () => AddressResolver;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export type AddressResolver = Pick<Resolver, 'resolve4' | 'resolve6'>;

/** How old what was read from the hosts file may be. */
const hostsAgeMsMax = 5000;
/** The same of the system's name servers: networks change, and some come after what uses them. */
const serversAgeMsMax = 15_000;
/** How long IPv6 may lag behind IPv4 before it is left out (RFC 8305, section 3, the other way round). */
const laterFamilyMs = 50;

export class NameResolver {
  readonly #tryTimeoutMs: number;
  readonly #servers: readonly string[] | undefined;
  readonly #hostsFile: string;
  #hosts: ReadonlyMap<string, readonly ResolvedAddress[]> = new Map();
  #hostsReadAt = -Infinity;
  readonly #ofSystem: (() => AddressResolver) | undefined;
  readonly #now: () => number;
  #resolver: AddressResolver;
  #resolverMadeAt: number;

  constructor(options: NameResolverOptions = {}) {
    this.#tryTimeoutMs = options.tryTimeoutMs ?? 1500;
    this.#servers = options.servers;
    this.#ofSystem = options.ofSystem;
    this.#now = options.now ?? monotonicMs;
    this.#resolver = this.#makeResolver();
    this.#resolverMadeAt = this.#now();
    this.#hostsFile = options.hostsFile ?? '/etc/hosts';
  }

  /** Addresses of the name, IPv4 first. Rejects with the error of node:dns when there is none. */
  async resolve(hostname: string): Promise<readonly ResolvedAddress[]> {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    const known = this.#hostsNow().get(name);
    return known ?? (await this.#ask(name));
  }

  async #ask(name: string): Promise<readonly ResolvedAddress[]> {
    const resolver = this.#resolverNow();
    const four = resolver.resolve4(name).then((found) => found.map((address) => resolved(address, 4)));
    const six = resolver.resolve6(name).then((found) => found.map((address) => resolved(address, 6)));
    const sixOrNone = six.catch((): ResolvedAddress[] => []);
    let first: ResolvedAddress[];
    try {
      first = await four;
    } catch (error) {
      const later = await sixOrNone;
      if (later.length === 0) throw error;
      return later;
    }
    return [...first, ...(await noLaterThan(sixOrNone, laterFamilyMs))];
  }

  /** A resolver reads the system's name servers once, when it is made. */
  #resolverNow(): AddressResolver {
    const now = this.#now();
    if (this.#servers === undefined && now - this.#resolverMadeAt > serversAgeMsMax) {
      this.#resolverMadeAt = now;
      this.#resolver = this.#makeResolver();
    }
    return this.#resolver;
  }

  #makeResolver(): AddressResolver {
    if (this.#ofSystem !== undefined && this.#servers === undefined) return this.#ofSystem();
    const resolver = new Resolver({ timeout: this.#tryTimeoutMs, tries: 2 });
    if (this.#servers !== undefined) resolver.setServers(this.#servers);
    return resolver;
  }

  #hostsNow(): ReadonlyMap<string, readonly ResolvedAddress[]> {
    const now = monotonicMs();
    if (now - this.#hostsReadAt > hostsAgeMsMax) {
      this.#hostsReadAt = now;
      this.#hosts = readHosts(this.#hostsFile);
    }
    return this.#hosts;
  }
}

async function noLaterThan(answer: Promise<ResolvedAddress[]>, waitMs: number): Promise<ResolvedAddress[]> {
  const { promise: late, resolve } = Promise.withResolvers<ResolvedAddress[]>();
  const timer = setTimeout(resolve, waitMs, []);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function readHosts(file: string): ReadonlyMap<string, readonly ResolvedAddress[]> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // A system without a hosts file has no names in it.
    return new Map();
  }
  const hosts = new Map<string, ResolvedAddress[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family !== 4 && family !== 6) continue;
    for (const name of names) {
      const known = hosts.get(name.toLowerCase()) ?? [];
      hosts.set(
        name.toLowerCase(),
        [...known, resolved(address, family)].sort((a, b) => a.family - b.family),
      );
    }
  }
  return hosts;
}

function resolved(address: string, family: 4 | 6): ResolvedAddress {
  return { address, family };
}
