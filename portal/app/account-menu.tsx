/** Who is signed in, and the way out. */
import { Trans, useLingui } from '@lingui/react/macro';
import { CircleUser } from 'lucide-react';
import { useId, useRef } from 'react';
import { api } from '../api/api.ts';
import { presentCaller, useCaller } from '../api/caller.ts';
import { Button } from '../elements/button.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import { Time } from '../elements/time.tsx';
import { leave, sessionState } from '../session/session.ts';
import { tellSignedOut } from '../session/other-tabs.ts';
import styles from './account-menu.module.css';

export function AccountMenu() {
  const { t } = useLingui();
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  const item = useRef<HTMLButtonElement>(null);
  const caller = useCaller();
  return (
    <div className={styles.account}>
      <Button look="quiet" popoverTarget={id} aria-haspopup="menu">
        <CircleUser size={20} aria-hidden />
        <span className={styles.word}>
          <Trans>Account</Trans>
        </span>
      </Button>
      <div
        id={id}
        ref={panel}
        popover="auto"
        className={styles.panel}
        onToggle={(event) => {
          if (event.newState === 'open') item.current?.focus();
        }}
      >
        {caller !== undefined && (
          <dl className={styles.facts}>
            {caller.name !== null && (
              <>
                <dt>
                  <Trans>Signed in as</Trans>
                </dt>
                <dd>
                  <StrangerText text={caller.name} />
                </dd>
              </>
            )}
            <dt>
              <Trans>Client</Trans>
            </dt>
            <dd>{caller.clientId === null ? <Trans>all clients</Trans> : <StrangerText text={caller.clientId} />}</dd>
            {caller.expiresAt !== null && (
              <>
                <dt>
                  <Trans>Session until</Trans>
                </dt>
                <dd>
                  <Time at={caller.expiresAt} />
                </dd>
              </>
            )}
          </dl>
        )}
        <div role="menu" aria-label={t`Account`}>
          <button
            ref={item}
            type="button"
            role="menuitem"
            className={styles.item}
            onClick={() => {
              panel.current?.hidePopover();
              void signOut();
            }}
          >
            <Trans>Sign out</Trans>
          </button>
        </div>
      </div>
    </div>
  );
}

/** Ends the session on the server too; a key is only forgotten here. */
export async function signOut(): Promise<void> {
  const state = sessionState.get();
  if (state.kind !== 'in' && state.kind !== 'ended') return;
  const { session } = state;
  if (session.token.startsWith('whp_')) {
    // An answer that does not come keeps nobody signed in here.
    await api.DELETE('/v1/me').catch(() => undefined);
  }
  tellSignedOut(session, presentCaller()?.id ?? null);
  leave('signed-out');
}
