/** One field that takes a portal token, a client's key or an admin's key. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { Page } from '../app/page.tsx';
import { usePageConfig } from '../app/page-config.ts';
import styles from './sign-in-page.module.css';
import { SignInForm } from './sign-in-form.tsx';

export const signInPath = '/sign-in';

export function SignInPage() {
  const { t } = useLingui();
  const { brand } = usePageConfig();
  const navigate = useNavigate();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  return (
    <main className={styles.main}>
      <div className={styles.card}>
        <p className={styles.brand}>{brand.name}</p>
        <Page title={t`Sign in`}>
          <SignInForm
            onDone={() => {
              if (path === signInPath) void navigate({ to: '/', replace: true });
            }}
          />
          <p className={styles.hint}>
            <Trans>
              Whoever runs this system gives you a link or a key. A key is exchanged for a session of this browser and
              is not kept.
            </Trans>
          </p>
        </Page>
      </div>
    </main>
  );
}
