/**
 * Tabs hand their session over: a link that is opened in a new tab works while a tab with the session lives. What goes
 * through the channel reaches pages of this origin only.
 */
import { leave, sessionState, type OfferedSession, type Session } from './session.ts';

type Message =
  | { readonly kind: 'ask' }
  | { readonly kind: 'offer'; readonly offer: OfferedSession }
  | { readonly kind: 'signed-out'; readonly token: string };

/** Tabs that are asleep answer late, or never: nobody waits long for them. */
const answerMs = 250;

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('deeperhub.session');

/** @param label what tells the session of this tab from others, once it is known */
export function answerOtherTabs(label: () => string | null): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    const state = sessionState.get();
    if (state.kind !== 'in') return;
    if (data.kind === 'ask') {
      const own = label();
      if (own !== null) send({ kind: 'offer', offer: { ...state.session, label: own } });
    }
    if (data.kind === 'signed-out' && data.token === state.session.token) leave('signed-out');
  });
}

export function tellSignedOut({ token }: Session): void {
  send({ kind: 'signed-out', token });
}

/** Sessions of other tabs, one for each client. */
export function askOtherTabs(): Promise<readonly OfferedSession[]> {
  if (channel === null) return Promise.resolve([]);
  const offers = new Map<string, OfferedSession>();
  const hear = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'offer') offers.set(data.offer.label, data.offer);
  };
  channel.addEventListener('message', hear);
  send({ kind: 'ask' });
  return new Promise((resolve) => {
    setTimeout(() => {
      channel.removeEventListener('message', hear);
      resolve([...offers.values()]);
    }, answerMs);
  });
}

function send(message: Message): void {
  channel?.postMessage(message);
}
