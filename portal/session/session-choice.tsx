/** Tabs with several sessions are open: which of them goes on here. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Page } from '../app/page.tsx';
import { Button } from '../elements/button.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import styles from './sign-in-page.module.css';
import { enter, sessionState, type OfferedSession } from './session.ts';

export function SessionChoice({ offers }: { readonly offers: readonly OfferedSession[] }) {
  const { t } = useLingui();
  return (
    <main className={styles.main}>
      <div className={styles.card}>
        <Page title={t`Whose page is this?`}>
          <p>
            <Trans>Other tabs have several sessions. Choose the one to go on with here.</Trans>
          </p>
          {offers.map(({ id, label, token, isKept }) => (
            <Button
              key={id}
              onClick={() => {
                enter({ token, isKept });
              }}
            >
              <StrangerText text={label} />
            </Button>
          ))}
          <Button
            look="quiet"
            onClick={() => {
              sessionState.set({ kind: 'out' });
            }}
          >
            <Trans>Sign in with another key</Trans>
          </Button>
        </Page>
      </div>
    </main>
  );
}
