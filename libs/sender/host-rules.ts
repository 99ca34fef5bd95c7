/**
 * In: the host of a URL. Out: why no webhook may go there by what the operator allows and denies, or nothing. Holds: it is judged
 * by name alone, in the one form that a name has in URLs; what is denied is denied, whatever else is allowed, an IPv4 address in each
 * spelling of IPv6 that leads to it too.
 */
import { domainToASCII } from 'node:url';
import { addressesWithin } from './address-rules.ts';

export class HostRules {
  readonly #allowed: readonly HostPattern[];
  readonly #denied: readonly HostPattern[];

  /** @param allowed empty: every host  @throws Error on a pattern that is none */
  constructor(allowed: readonly string[], denied: readonly string[]) {
    this.#allowed = allowed.map(parsePattern);
    this.#denied = denied.map(parsePattern);
  }

  /** @param host a name or an address, as URL has it, without brackets */
  refusal(host: string): string | null {
    const name = host.toLowerCase().replace(/\.$/, '');
    const spellings = [name, ...addressesWithin(name)];
    if (this.#denied.some((pattern) => spellings.some((one) => denies(pattern, one))))
      return `${host} is refused: it is a denied host.`;
    if (this.#allowed.length === 0 || this.#allowed.some((pattern) => fits(pattern, name))) return null;
    return `${host} is not among the allowed hosts.`;
  }
}

/** A denied address may be written in IPv6 itself. */
function denies(pattern: HostPattern, host: string): boolean {
  return fits(pattern, host) || pattern.plain === host;
}

interface HostPattern {
  readonly name: string;
  /** Any name below it, and not itself. */
  readonly isBelow: boolean;
  /** Of an IPv4 address that is mapped into IPv6: that one. */
  readonly plain: string | null;
}

function fits({ name, isBelow }: HostPattern, host: string): boolean {
  return isBelow ? host.endsWith(`.${name}`) : host === name;
}

function parsePattern(text: string): HostPattern {
  const isBelow = text.startsWith('*.');
  const written = isBelow ? text.slice(2) : text;
  const bare = written.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const canonical = bare.includes(':') ? addressOf(bare) : domainToASCII(bare);
  if (canonical === '' || canonical.includes('*')) throw new Error(`'${text}' is not a host`);
  const name = canonical.toLowerCase();
  return { name, isBelow, plain: isBelow ? null : (addressesWithin(name)[0] ?? null) };
}

/** An IPv6 address in the form that URL gives it; empty when it is none. */
function addressOf(text: string): string {
  const url = URL.parse(`http://[${text}]/`);
  return url === null ? '' : url.hostname.replace(/^\[|\]$/g, '');
}
