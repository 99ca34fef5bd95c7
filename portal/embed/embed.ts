/**
 * The portal in a page of an operator: `embedPortal(place, { token })` puts it there as a frame and hands it a session whenever
 * it asks for one. Served as `embed.js`, a module of its own. Holds: a token goes to the portal's origin and to no other, and is
 * in no address.
 */
import { opened, sealed, type AnswerMessage } from './messages.ts';

export interface EmbedOptions {
  /** A token of a portal session, new at each call: it is asked for at the beginning and when a session has ended. */
  readonly token: () => string | Promise<string>;
  /** A page of the portal, such as /deliveries. */
  readonly path?: string;
  /** What the frame is called for who cannot see it. */
  readonly title?: string;
}

export interface EmbeddedPortal {
  readonly frame: HTMLIFrameElement;
  /** Takes it away; nothing is handed over any more. */
  readonly remove: () => void;
}

const address = import.meta.url;
const portal = new URL('.', address);

/** @param place takes the frame; the frame is as large as it is, and scrolls by itself */
export function embedPortal(place: Element, { token, path = '/', title = 'Webhooks' }: EmbedOptions): EmbeddedPortal {
  const page = new URL(`.${path}`, portal);
  if (!path.startsWith('/') || !page.href.startsWith(portal.href))
    throw new TypeError(`${path} is no page of the portal`);
  const frame = document.createElement('iframe');
  frame.title = title;
  frame.referrerPolicy = 'no-referrer';
  frame.allow = 'clipboard-write';
  Object.assign(frame.style, { width: '100%', height: '100%', minHeight: '30rem', border: '0' });
  const post = (message: AnswerMessage) => {
    frame.contentWindow?.postMessage(sealed(message), portal.origin);
  };
  const hear = ({ source, origin, data }: MessageEvent) => {
    if (source !== frame.contentWindow || origin !== portal.origin || opened(data)?.kind !== 'wants-token') return;
    post({ kind: 'wait' });
    void handOver(token, post);
  };
  addEventListener('message', hear);
  frame.src = page.href;
  place.append(frame);
  return {
    frame,
    remove: () => {
      removeEventListener('message', hear);
      frame.remove();
    },
  };
}

async function handOver(token: EmbedOptions['token'], post: (message: AnswerMessage) => void): Promise<void> {
  try {
    post({ kind: 'token', token: await token() });
  } catch (error) {
    post({ kind: 'no-token' });
    // Whose page it is sees why.
    reportError(error);
  }
}
