/** What is around every screen: signing in where nobody is signed in, else the frame. */
import { Outlet } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { Notices } from '../elements/notices.tsx';
import { Skeleton } from '../elements/states.tsx';
import { useObserved } from '../session/observed-value.ts';
import { preferences } from '../session/preferences.ts';
import { SessionChoice } from '../session/session-choice.tsx';
import { pageNumber, sessionState } from '../session/session.ts';
import { SignInPage } from '../session/sign-in-page.tsx';
import { Frame } from './frame.tsx';

export function Root() {
  const state = useObserved(sessionState);
  const { theme } = useObserved(preferences);
  const page = useObserved(pageNumber);
  useEffect(() => {
    if (theme === null) delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  switch (state.kind) {
    case 'looking':
      return <Skeleton />;
    case 'out':
      return <SignInPage />;
    case 'choice':
      return <SessionChoice offers={state.offers} />;
    case 'in':
    case 'ended':
      return (
        <>
          <Frame key={page} isEnded={state.kind === 'ended'}>
            <Suspense fallback={<Skeleton />}>
              <Outlet />
            </Suspense>
          </Frame>
          <Notices />
        </>
      );
  }
}
