/** What a page of an operator and the portal in its frame say to each other. Pure. */

import { parsedUrl } from '../api/older-browsers.ts';

/** Both sides may be of different versions for as long as a page is open: another protocol gets another name. */
const protocol = 'deeperhub.portal.1';

/** From the portal. Neither has anything in it that somebody else could use. */
export type AskMessage = { readonly kind: 'wants-token' };

/** From the page around it. */
export type AnswerMessage =
  /** Somebody is there, and a token is fetched. */
  { readonly kind: 'wait' } | { readonly kind: 'token'; readonly token: string } | { readonly kind: 'no-token' };

export type PortalMessage = AskMessage | AnswerMessage;

export function sealed(message: PortalMessage): object {
  return { ...message, protocol };
}

/** @returns null for what anybody else posts */
export function opened(data: unknown): PortalMessage | null {
  if (typeof data !== 'object' || data === null) return null;
  const said = data as Readonly<Record<string, unknown>>;
  if (said['protocol'] !== protocol) return null;
  switch (said['kind']) {
    case 'wants-token':
    case 'wait':
    case 'no-token':
      return { kind: said['kind'] };
    case 'token':
      return typeof said['token'] === 'string' ? { kind: 'token', token: said['token'] } : null;
    default:
      return null;
  }
}

/**
 * Whether an origin is one of those that may show the portal, as a browser reads `frame-ancestors`.
 * @param listed such as `https://app.example.com` or `https://*.example.com`
 */
export function isListed(origin: string, listed: readonly string[]): boolean {
  const asked = parsedUrl(origin);
  if (asked === null) return false;
  return listed.some((one) => {
    const url = parsedUrl(one.replace('://*.', '://'));
    if (url === null) return false;
    const isHost = one.includes('://*.')
      ? asked.hostname.endsWith(`.${url.hostname}`)
      : asked.hostname === url.hostname;
    // What is listed without TLS may come with it.
    const isScheme = asked.protocol === url.protocol || (url.protocol === 'http:' && asked.protocol === 'https:');
    return isHost && isScheme && asked.port === url.port;
  });
}
