/** The end of a session: told five minutes before, and met by a dialog that leaves the page behind it as it is. */
import { Trans } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { renew } from '../api/api.ts';
import { callerQuery, useCaller } from '../api/caller.ts';
import { queryClient } from '../api/queries.ts';
import { usePageConfig } from '../app/page-config.ts';
import { Button, classOfButton } from '../elements/button.tsx';
import { useNow } from '../elements/clock.ts';
import { Dialog } from '../elements/dialog.tsx';
import { goOn, isEmbedded } from './embedder.ts';
import styles from './session-end.module.css';
import { leave, presentToken } from './session.ts';
import { SignInForm } from './sign-in-form.tsx';

const minuteMs = 60_000;
const tellMs = 5 * minuteMs;

export function SessionEndsSoon() {
  const caller = useCaller();
  const now = useNow();
  const { refreshUrl } = usePageConfig();
  const [isRefused, setRefused] = useState(false);
  const endsAt = caller?.expiresAt == null ? null : Date.parse(caller.expiresAt);
  const leftMs = endsAt === null ? Infinity : endsAt - now;
  const isOver = leftMs <= 0;
  useEffect(() => {
    // The clock of this machine may be wrong: whether it is over, the API says.
    if (isOver) void queryClient.query({ ...callerQuery, staleTime: 0 }).catch(() => undefined);
  }, [isOver]);
  if (leftMs > tellMs || isOver) return null;
  const minutes = Math.max(1, Math.ceil(leftMs / minuteMs));
  const stay = async () => {
    const token = presentToken();
    const renewed = token === null ? null : await renew(token);
    const isRenewed = renewed !== null || (isEmbedded() && (await goOn()) === 'done');
    if (!isRenewed) setRefused(true);
    else await queryClient.invalidateQueries({ queryKey: ['me'] });
  };
  const canRenew = (caller?.renewableUntil !== null || isEmbedded()) && !isRefused;
  return (
    <div role="status" className={styles.banner}>
      <p>
        <Trans>Your session ends in {minutes} minutes</Trans>
      </p>
      {canRenew && (
        <Button
          onClick={() => {
            void stay();
          }}
        >
          <Trans>Stay signed in</Trans>
        </Button>
      )}
      {!canRenew && refreshUrl !== null && <RefreshLink url={refreshUrl} />}
    </div>
  );
}

function RefreshLink({ url }: { readonly url: string }) {
  const target = new URL(url, document.baseURI);
  target.searchParams.set('return', location.href);
  return (
    <a href={target.href} className={classOfButton('plain')}>
      <Trans>Stay signed in</Trans>
    </a>
  );
}

export function SessionEnd() {
  const { refreshUrl } = usePageConfig();
  return (
    <Dialog title={<Trans>Your session has ended</Trans>}>
      <p>
        <Trans>
          What you typed stays here until you are signed in again. Open the link that you were given once more, or sign
          in with its token.
        </Trans>
      </p>
      <SignInForm />
      {refreshUrl !== null && <RefreshLink url={refreshUrl} />}
      <Button
        look="quiet"
        onClick={() => {
          leave('signed-out');
        }}
      >
        <Trans>Sign out</Trans>
      </Button>
    </Dialog>
  );
}
