/** Keys of a proxy between the dispatcher and the endpoints. */
import { isRange } from './address-keys.ts';
import { checkedListKey, makeKey, type ConfigKey, type KeyText } from './config.ts';
import { requireDecodable, maskedAsUrl } from './url-keys.ts';

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
    const login = [url.username, url.password];
    requireDecodable(login);
    if (login.some((part) => Buffer.byteLength(decodeURIComponent(part)) > 255)) {
      throw new Error('must have a user and a password of at most 255 bytes');
    }
    return value;
  });
  return maskedAsUrl(key);
}

const hostItem = /^(\*|\.?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?::(\d{1,5}))?$/;

/** As NO_PROXY has them: names with all below them, addresses, CIDRs, `*`; names may have a port. */
function bypassKey(text: KeyText): ConfigKey<readonly string[]> {
  return checkedListKey(text, (item, told) => {
    if (isRange(item)) return;
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
