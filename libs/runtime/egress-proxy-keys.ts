/** Keys of a proxy between the dispatcher and the endpoints. */
import { isIP } from 'node:net';
import { checkedListKey, makeKey, type ConfigKey, type KeyText } from './config.ts';
import { shownUrl } from './shown-value.ts';

const form = 'http://user:password@proxy.internal:3128, https://proxy.internal:443 or socks5://proxy.internal:1080';

/** Empty means null. */
function proxyUrlKey(text: Omit<KeyText, 'default'>): ConfigKey<string | null> {
  const key = makeKey({ ...text, default: '' }, (value) => {
    if (value === '') return null;
    const url = URL.parse(value);
    if (url === null || !/^(https?|socks5):$/.test(url.protocol) || url.hostname === '' || /\s/.test(value)) {
      throw new Error(`must be an address such as ${form}; names are resolved here, so socks5h is none`);
    }
    if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
      throw new Error('must end behind its port, with %40, %3A, %2F, %23 and %3F for @ : / # and ? in a password');
    }
    if (url.protocol === 'socks5:' && url.port === '') throw new Error('must name the port of the SOCKS proxy');
    for (const part of [url.username, url.password]) {
      let plain: string;
      try {
        plain = decodeURIComponent(part);
      } catch (cause) {
        throw new Error('must have %25 for each % in its user or password', { cause });
      }
      if (Buffer.byteLength(plain) > 255) throw new Error('must have a user and a password of at most 255 bytes');
    }
    return value;
  });
  return { ...key, shown: (value) => (value === '' ? '' : shownUrl(value)) };
}

const hostItem = /^(\*|\.?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?::(\d{1,5}))?$/;

/** As NO_PROXY has them: names with all below them, addresses, CIDRs, `*`; names may have a port. */
function bypassKey(text: KeyText): ConfigKey<readonly string[]> {
  return checkedListKey(text, (item, told) => {
    const [, address = '', bits] = /^([^/%]+?)(?:\/(\d{1,3}))?$/.exec(item) ?? [];
    const family = isIP(address);
    if (family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128)) return;
    const [, host, port] = hostItem.exec(item) ?? [];
    const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
    // Digits and dots that are no address are a mistyped one.
    if (host !== undefined && isPort && !/^[\d.]+$/.test(host)) return;
    throw new Error(`must be names such as internal.example, addresses, CIDRs such as 10.0.0.0/8, or *, not ${told}`);
  });
}

export const egressProxyKeys = {
  EGRESS_PROXY_URL: proxyUrlKey({
    description:
      'Proxy to the endpoints: http, https (CONNECT) or socks5, with user and password if it asks for them; empty: none',
  }),
  EGRESS_PROXY_BYPASS: bypassKey({
    description:
      'Endpoints that are called without it, as NO_PROXY has them: names with all below them, addresses, CIDRs, *',
    default: '',
  }),
} as const;
