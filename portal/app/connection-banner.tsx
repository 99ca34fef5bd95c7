/** Whether the API answers: a light in the header, and while it does not, since when and when it was tried again. */
import { Trans } from '@lingui/react/macro';
import { useEffect } from 'react';
import { callerQuery } from '../api/caller.ts';
import { connection } from '../api/connection.ts';
import { queryClient } from '../api/queries.ts';
import { timeOfDay } from '../elements/time-text.ts';
import { useTimeStyle } from '../elements/time.tsx';
import { useObserved } from '../session/observed-value.ts';
import styles from './connection-banner.module.css';

const tryEveryMs = 5_000;

export function ConnectionLight() {
  const { awaySince } = useObserved(connection);
  return (
    <span className={styles.light} data-away={awaySince !== null}>
      <span className={styles.word}>{awaySince === null ? <Trans>Connected</Trans> : <Trans>No answer</Trans>}</span>
    </span>
  );
}

export function ConnectionBanner() {
  const { awaySince, triedAt } = useObserved(connection);
  const style = useTimeStyle();
  const isAway = awaySince !== null;
  useEffect(() => {
    if (!isAway) return;
    const timer = setInterval(() => {
      void queryClient.query({ ...callerQuery, staleTime: 0 }).catch(() => undefined);
    }, tryEveryMs);
    return () => {
      clearInterval(timer);
      // What is shown was read before; what failed is asked again.
      void queryClient.invalidateQueries();
    };
  }, [isAway]);
  if (awaySince === null) return null;
  const since = timeOfDay(awaySince, style);
  const tried = timeOfDay(triedAt ?? awaySince, style);
  return (
    <p role="alert" className={styles.banner}>
      <Trans>
        The API has not answered since {since}. It was tried again at {tried}; what is shown here is as of before.
      </Trans>
    </p>
  );
}
