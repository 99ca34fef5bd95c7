/** Keys that are lists of addresses, ports and the like, each item parsed to what it means. */
import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { checkedListKey, filledListKey, makeKey, type ConfigKey, type KeyText } from './config.ts';
import { quoted } from './masked-value.ts';

type List = ConfigKey<readonly string[]>;

const hostName = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;

/** Servers as host:port, at least one. */
export function serversKey(text: KeyText): List {
  return filledListKey(text, 'at least one server as host:port', (item, told) => {
    const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(item) ?? [];
    const isHost = host.startsWith('[') ? isIP(host.slice(1, -1)) === 6 : isHostName(host);
    if (!isHost || !isPort(Number(port))) {
      throw new Error(`must be written as host:port, without a scheme, not ${told}`);
    }
  });
}

/** What an HTTP server listens on. */
export function hostKey(text: KeyText): ConfigKey<string> {
  return makeKey(text, (value) => {
    if (isIP(value) !== 0 || isHostName(value)) return value;
    throw new Error(`must be an address of this machine such as 127.0.0.1 or 0.0.0.0, not ${quoted(value)}`);
  });
}

/** One that may be left open: empty means null. */
export function optionalHostKey(text: Omit<KeyText, 'default'>): ConfigKey<string | null> {
  const { parse } = hostKey(text);
  return makeKey({ ...text, default: '' }, (value) => (value === '' ? null : parse(value)));
}

/** Digits and dots that are no address are a mistyped one, not a name. */
function isHostName(text: string): boolean {
  return /^[\d.]+$/.test(text) ? isIP(text) === 4 : hostName.test(text);
}

/** Names of hosts, `*.` and a name for all below it, or addresses. */
export function hostPatternsKey(text: KeyText): List {
  return checkedListKey(text, (item, told) => {
    const written = item.replace(/^\*\./, '');
    // That function reads a path or a port away, and completes addresses.
    const name = /[/?#@:%\\]|^[\d.]+$/.test(written) ? '' : domainToASCII(written);
    const isAddress = isIP(item.replace(/^\[(.*)\]$/, '$1')) !== 0;
    if (!isAddress && !isHostName(name)) {
      throw new Error(`must be hosts such as example.com, *.example.com or 192.0.2.7, not ${told}`);
    }
  });
}

/** CIDRs or addresses. @param words that its reader knows besides */
export function rangesKey(text: KeyText, words: readonly string[] = []): List {
  return checkedListKey(text, (item, told) => {
    if (!isRange(item) && !words.includes(item)) {
      throw new Error(`must be addresses or CIDRs such as 10.0.0.0/8, fd00::/8 or 192.0.2.7, not ${told}`);
    }
  });
}

export function isRange(item: string): boolean {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(item) ?? [];
  const family = isIP(address);
  // An IPv4-mapped range would match nothing: addresses are taken out of that form first.
  if (family === 0 || /^(0{0,4}:)*:?ffff:/i.test(address)) return false;
  return bits === undefined || Number(bits) <= (family === 4 ? 32 : 128);
}

/** Ports, ranges of them, or `*`. */
export function portsKey(text: KeyText): List {
  return filledListKey(text, 'at least one port, or * for any', (item, told) => {
    const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(item) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    if (item !== '*' && !(isPort(from) && isPort(to) && from <= to)) {
      throw new Error(`must be ports from 1 to 65535, ranges such as 8000-8999, or *, not ${told}`);
    }
  });
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

export function schemesKey(text: KeyText): List {
  return filledListKey(text, 'https, http or both', (item, told) => {
    if (!/^https?(:(\/\/)?)?$/i.test(item)) throw new Error(`must be https, http or both, not ${told}`);
  });
}

/** Addresses of name servers, with a port or without. */
export function nameServersKey(text: KeyText): List {
  return checkedListKey(text, (item, told) => {
    try {
      new Resolver().setServers([item]);
    } catch (cause) {
      throw new Error(`must be IP addresses such as 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53, not ${told}`, {
        cause,
      });
    }
  });
}
