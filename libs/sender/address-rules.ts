/**
 * Which IP addresses may be dialled: global unicast ones, whatever form they come in, and what the operator opens.
 * The order matters: metadata services are refused even inside an opened range, a closed range beats an opened one.
 */
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** Where clouds tell an instance its credentials. 168.63.129.16 and 192.0.0.192 look like ordinary addresses. */
const metadataAddresses = new Set([
  '169.254.169.254', // AWS, Azure, Google, DigitalOcean, Oracle
  '169.254.169.253', // AWS: DNS of the network
  '169.254.170.2', // AWS: ECS task
  '169.254.170.23', // AWS: EKS pod
  '168.63.129.16', // Azure: host agent
  '100.100.100.200', // Alibaba
  '192.0.0.192', // Oracle
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS: EKS pod
  'fd20:ce::254', // Google
]);

/** The only block of IPv6 that is given out for global unicast (RFC 4291, section 2.4, and IANA's registry). */
const globalIPv6 = ipaddr.IPv6.parseCIDR('2000::/3');
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96'); // RFC 6052
const nat64LocalUse = ipaddr.IPv6.parseCIDR('64:ff9b:1::/48'); // RFC 8215
/** Which bytes hold the IPv4 address, by the length of the prefix (RFC 6052, section 2.2). */
const embeddedAt: ReadonlyMap<number, readonly number[]> = new Map([
  [48, [6, 7, 9, 10]],
  [56, [7, 9, 10, 11]],
  [64, [9, 10, 11, 12]],
  [96, [12, 13, 14, 15]],
]);
const sixToFour = ipaddr.IPv6.parseCIDR('2002::/16'); // RFC 3056
const teredo = ipaddr.IPv6.parseCIDR('2001::/32'); // RFC 4380
const compatible = ipaddr.IPv6.parseCIDR('::/96'); // RFC 4291, section 2.5.5.1

export class AddressRules {
  readonly #disallowed: readonly Range[];
  readonly #allowed: readonly Range[];

  /** Each list holds CIDRs or single addresses. @throws Error that names the item that is neither */
  constructor(disallowed: readonly string[], allowed: readonly string[]) {
    this.#disallowed = disallowed.map((text) => parseRange(text, 'DISALLOWED_IP_RANGES'));
    this.#allowed = allowed.map((text) => parseRange(text, 'EGRESS_ALLOW'));
  }

  /** Null when the address may be dialled, else why not, as it completes "… is refused: it is …". */
  refusal(text: string): string | null {
    if (!ipaddr.isValid(text)) return 'no IP address';
    const address = unmapped(ipaddr.parse(text));
    const always = this.#refusedAlways(address);
    if (always !== null) return always;
    const opened = this.#allowed.find((range) => isIn(address, range));
    if (opened !== undefined) return this.#refusalOfTranslated(address, opened);
    return address instanceof ipaddr.IPv4 ? refusalOfIPv4(address) : this.#refusalOfIPv6(address);
  }

  /** True for `0.0.0.0/8` and `::`, in any form. */
  isUnspecified(text: string): boolean {
    return ipaddr.isValid(text) && unmapped(ipaddr.parse(text)).range() === 'unspecified';
  }

  /** True for these and for loopback, in any form: nobody's endpoint can be there for somebody else. */
  isNobodys(text: string): boolean {
    return ipaddr.isValid(text) && ['unspecified', 'loopback'].includes(unmapped(ipaddr.parse(text)).range());
  }

  #refusedAlways(address: Address): string | null {
    // In no opened range: a connection to it would end at this machine.
    if (address.range() === 'unspecified') return nameOfRange('unspecified');
    if (metadataAddresses.has(withoutZone(address))) return 'a metadata address of a cloud';
    if (isWithin(address, this.#disallowed)) return 'in DISALLOWED_IP_RANGES';
    return null;
  }

  /**
   * A prefix of NAT64 for local use that is opened says where the translator is. What is behind it is judged like any other IPv4
   * address, or a name could lead through it to the network inside.
   */
  #refusalOfTranslated(address: Address, [network, bits]: Range): string | null {
    if (!(address instanceof ipaddr.IPv6) || !(network instanceof ipaddr.IPv6)) return null;
    const at = network.match(nat64LocalUse) ? embeddedAt.get(bits) : undefined;
    if (at === undefined) return null;
    const bytes = address.toByteArray();
    const octets = at.map((offset) => bytes[offset] ?? 0);
    // A translator with a prefix of 96 bits within the one that is opened.
    const inner = new ipaddr.IPv4(octets.some((octet) => octet > 0) ? octets : bytes.slice(12));
    const reason = this.#refusedAlways(inner) ?? (isWithin(inner, this.#allowed) ? null : refusalOfIPv4(inner));
    return reason === null ? null : `the NAT64 form of ${inner.toString()}, which is ${reason}`;
  }

  #refusalOfIPv6(address: ipaddr.IPv6): string | null {
    const carried = carriedIPv4(address);
    if (carried !== null) {
      // What EGRESS_ALLOW opens is opened in its plain form only: a tunnel may end anywhere.
      for (const inner of carried.addresses) {
        const reason = this.#refusedAlways(inner) ?? refusalOfIPv4(inner);
        if (reason !== null) return `${carried.form} of ${inner.toString()}, which is ${reason}`;
      }
      return null;
    }
    if (address.match(nat64LocalUse)) return 'NAT64 for local use, which EGRESS_ALLOW may open';
    const range = address.range();
    if (range !== 'unicast') return nameOfRange(range);
    if (address.match(compatible)) return 'an IPv4-compatible IPv6 address, not global';
    return address.match(globalIPv6) ? null : 'outside of global unicast';
  }
}

function refusalOfIPv4(address: ipaddr.IPv4): string | null {
  const range = address.range();
  return range === 'unicast' ? null : nameOfRange(range);
}

/** An IPv4-mapped address reaches the IPv4 one, and both are judged alike (RFC 4291, section 2.5.5.2). */
function unmapped(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Every address that a connection to this one may end at, the plain form of IPv4 included; none when it is no address. */
export function addressesWithin(text: string): readonly string[] {
  if (!ipaddr.isValid(text)) return [];
  const address = unmapped(ipaddr.parse(text));
  const carried = address instanceof ipaddr.IPv6 ? embeddedIn(address) : [];
  return [address, ...carried].map((one) => withoutZone(one));
}

function embeddedIn(address: ipaddr.IPv6): readonly ipaddr.IPv4[] {
  const known = carriedIPv4(address);
  if (known !== null) return known.addresses;
  const bytes = address.toByteArray();
  if (address.match(compatible)) return [new ipaddr.IPv4(bytes.slice(12))];
  if (!address.match(nat64LocalUse)) return [];
  // Which prefix the translator has is not known here: any of them.
  return [...embeddedAt.values()].map((at) => new ipaddr.IPv4(at.map((offset) => bytes[offset] ?? 0)));
}

/** The IPv4 addresses that a packet to this IPv6 address may end at. */
function carriedIPv4(address: ipaddr.IPv6): { form: string; addresses: readonly ipaddr.IPv4[] } | null {
  const bytes = address.toByteArray();
  const at = (offset: number, flip = 0): ipaddr.IPv4 =>
    new ipaddr.IPv4(bytes.slice(offset, offset + 4).map((byte) => byte ^ flip));
  if (address.match(nat64)) return { form: 'the NAT64 form', addresses: [at(12)] };
  if (address.match(sixToFour)) return { form: 'the 6to4 form', addresses: [at(2)] };
  // A Teredo address holds its server plainly and its client with every bit turned (RFC 4380, section 4).
  if (address.match(teredo)) return { form: 'the Teredo form', addresses: [at(4), at(12, 0xff)] };
  return null;
}

function isWithin(address: Address, ranges: readonly Range[]): boolean {
  return ranges.some((range) => isIn(address, range));
}

function isIn(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function withoutZone(address: Address): string {
  return address instanceof ipaddr.IPv6 ? new ipaddr.IPv6(address.parts).toString() : address.toString();
}

function parseRange(text: string, key: string): Range {
  try {
    const range: Range = text.includes('/') ? ipaddr.parseCIDR(text) : hostRange(ipaddr.parse(text));
    if (range[0] instanceof ipaddr.IPv6 && range[0].isIPv4MappedAddress()) {
      throw new Error('an IPv4-mapped range would match nothing');
    }
    return range;
  } catch (error) {
    throw new Error(`${key} has an item that is not a CIDR: '${text}'`, { cause: error });
  }
}

function hostRange(address: Address): Range {
  return [address, address instanceof ipaddr.IPv4 ? 32 : 128];
}

/** carrierGradeNat → "a carrier grade nat address". */
function nameOfRange(range: string): string {
  const words = range.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words} address`;
}
