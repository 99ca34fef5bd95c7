/**
 * Tabs hand their session over: a link that is opened in a new tab works while a tab with the session lives. What goes
 * through the channel reaches pages of this origin only.
 */
import { leave, sessionState, type OfferedSession, type Session } from './session.ts';

type Message =
  | { readonly kind: 'ask' }
  | { readonly kind: 'offer'; readonly offer: OfferedSession }
  | { readonly kind: 'signed-out'; readonly id: string | null; readonly token: string };

/** Tabs that are asleep answer late, or never: nobody waits long for them. */
const answerMs = 250;

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('deeperhub.session');

/** @param own what tells the session of this tab from others, once it is known */
export function answerOtherTabs(own: () => Pick<OfferedSession, 'id' | 'label'> | null): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    const state = sessionState.get();
    if (state.kind !== 'in') return;
    const known = own();
    if (data.kind === 'ask' && known !== null) send({ kind: 'offer', offer: { ...state.session, ...known } });
    // Of this session, also where one of the two tabs has made it longer; another one of the same client stays.
    if (data.kind === 'signed-out' && (data.token === state.session.token || data.id === known?.id)) {
      leave('signed-out');
    }
  });
}

/** @param id null: it is not known */
export function tellSignedOut({ token }: Session, id: string | null): void {
  send({ kind: 'signed-out', id, token });
}

/** Sessions of other tabs, each of them once: two of one client may differ in what they may do. */
export function askOtherTabs(): Promise<readonly OfferedSession[]> {
  if (channel === null) return Promise.resolve([]);
  const offers = new Map<string, OfferedSession>();
  const hear = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'offer') offers.set(data.offer.id, data.offer);
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
