/**
 * The portal begins: what a link brought is taken out of the address, whoever may go on here is found, and the page is
 * drawn in the language that is wanted.
 */
import './style/tokens.css';
import './style/document.css';
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { presentCaller } from './api/caller.ts';
import { basePath, readPageConfig, type PageConfig } from './api/page-addresses.ts';
import { queryClient } from './api/queries.ts';
import { PageConfigContext } from './app/page-config.ts';
import { router } from './app/router.tsx';
import { speak, wantedLanguage } from './language/language.ts';
import { goOn, isEmbedded, isFramed, knowEmbedders } from './session/embedder.ts';
import { answerOtherTabs, askOtherTabs } from './session/other-tabs.ts';
import { preferences } from './session/preferences.ts';
import { enter, keptSession, sessionState, takeHanded, type Session } from './session/session.ts';
import { signIn } from './session/sign-in.ts';

async function begin(): Promise<void> {
  const { token, next } = takeHanded(location, history);
  if (next !== null) history.replaceState(null, '', basePath + next);
  const config = readPageConfig();
  const found = findSession(token, config);
  // A page around this one may take its time: meanwhile it is seen that something comes.
  await Promise.all([speak(wantedLanguage()), isFramed ? null : found]);
  answerOtherTabs(() => {
    const caller = presentCaller();
    if (caller === undefined) return null;
    const { id, clientId, role, name, scope } = caller;
    return { id, label: [clientId ?? role, name, scope].filter((part) => part !== null).join(' · ') };
  });
  // A link that is followed on a page that is open changes what is behind the # and nothing else.
  addEventListener('hashchange', () => {
    const handed = takeHanded(location, history);
    if (handed.token !== null) void goOnWith(handed.token, handed.next);
  });
  preferences.watch(() => {
    void speak(wantedLanguage());
  });
  const place = document.getElementById('root');
  if (place === null) throw new Error('the page has no place for the portal');
  createRoot(place).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queryClient}>
          <PageConfigContext value={config}>
            <RouterProvider router={router} />
          </PageConfigContext>
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>,
  );
}

/** From the link, of the page around this one, of this tab, or of another one. */
async function findSession(handed: string | null, config: PageConfig): Promise<void> {
  if (isFramed) knowEmbedders(config.frameAncestors);
  if (handed === null && isEmbedded()) {
    const outcome = await goOn();
    // What this tab keeps may be of somebody who was signed in on that page before.
    if (outcome === 'refused') sessionState.set({ kind: 'out' });
    if (outcome !== 'silent') return;
  }
  const session = handed === null ? keptSession() : handedSession(handed);
  if (session !== null) {
    enter(session);
    return;
  }
  const offers = await askOtherTabs();
  const [only] = offers;
  if (only === undefined) sessionState.set({ kind: 'out' });
  else if (offers.length === 1) enter({ token: only.token, isKept: only.isKept });
  else sessionState.set({ kind: 'choice', offers });
}

function handedSession(token: string): Session {
  return { token, isKept: token.startsWith('whp_') };
}

async function goOnWith(token: string, next: string | null): Promise<void> {
  try {
    await signIn(token);
  } catch {
    // An old link takes nothing from whoever is signed in; to nobody it says that its session has ended.
    if (sessionState.get().kind === 'out') enter(handedSession(token));
  }
  if (next !== null) router.history.push(basePath + next);
}

void begin();
