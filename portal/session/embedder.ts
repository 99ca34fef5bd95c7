/**
 * The page of an operator that shows the portal in a frame, and gives it its sessions. Holds: only a page that the policy lets
 * frame this one is listened to; what is said to it has nothing in it.
 */
import { isListed, opened, sealed } from '../embed/messages.ts';
import { sessionState } from './session.ts';
import { signIn } from './sign-in.ts';

/** A page around it that has no embed.js does not answer at all. */
const answerMs = 2_000;
const tokenMs = 30_000;

/** True: this page is in a frame of another one. */
export const isFramed = window.parent !== window;

let ancestors: readonly string[] = [];

/** @param listed origins that may show this page in a frame */
export function knowEmbedders(listed: readonly string[]): void {
  ancestors = listed;
  if (!isEmbedded()) return;
  // Its session ends with that of the page around it, or goes on.
  sessionState.watch(() => {
    if (sessionState.get().kind === 'ended') void goOn();
  });
}

/** True: sessions come from the page around it, and none is kept here. */
export function isEmbedded(): boolean {
  return isFramed && ancestors.length > 0;
}

interface Answer {
  /** False: nobody is there who knows of embed.js. */
  readonly isThere: boolean;
  readonly token: string | null;
}

function askEmbedder(): Promise<Answer> {
  return new Promise((resolve) => {
    const end = (answer: Answer) => {
      clearTimeout(timer);
      removeEventListener('message', hear);
      resolve(answer);
    };
    let timer = setTimeout(end, answerMs, { isThere: false, token: null });
    const hear = ({ source, origin, data }: MessageEvent) => {
      if (source !== window.parent || !isListed(origin, ancestors)) return;
      const message = opened(data);
      if (message?.kind === 'wait') {
        clearTimeout(timer);
        timer = setTimeout(end, tokenMs, none);
      }
      if (message?.kind === 'token') end({ isThere: true, token: message.token });
      if (message?.kind === 'no-token') end(none);
    };
    addEventListener('message', hear);
    // Whoever it is may frame this page; what is asked is no secret.
    window.parent.postMessage(sealed({ kind: 'wants-token' }), '*');
  });
}

const none: Answer = { isThere: true, token: null };

/**
 * Signs in by what the page around this one gives.
 * @returns silent: it never answered; refused: it has no session to give, or one that is over
 */
export async function goOn(): Promise<'done' | 'refused' | 'silent'> {
  const { isThere, token } = await askEmbedder();
  if (token === null) return isThere ? 'refused' : 'silent';
  try {
    await signIn(token, false);
    return 'done';
  } catch {
    return 'refused';
  }
}
