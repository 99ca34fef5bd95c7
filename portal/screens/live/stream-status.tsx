/** How the connection stands, and what is done about it. */
import { Trans } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { Badge } from '../../elements/badge.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import type { StreamState } from './live-stream.ts';

export function StreamStatus({ state, onRetry }: { readonly state: StreamState; readonly onRetry: () => void }) {
  if (state.kind === 'refused') return <ProblemAlert error={state.error} onRetry={onRetry} />;
  return (
    <span role="status">
      <Badge tone={state.kind === 'connected' ? 'good' : 'busy'}>
        {state.kind === 'connected' ? (
          <Trans>Connected</Trans>
        ) : state.kind === 'connecting' ? (
          <Trans>Connecting…</Trans>
        ) : state.isTooMany ? (
          <Trans>Too many streams are open</Trans>
        ) : (
          <Trans>Not connected</Trans>
        )}
      </Badge>{' '}
      {state.kind === 'lost' && <Again at={state.again} />}
    </span>
  );
}

/** Counts down; only the beginning of it is announced. */
function Again({ at }: { readonly at: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  const seconds = Math.max(0, Math.ceil((at - now) / 1000));
  return (
    <span aria-live="off">
      <Trans>again in {seconds} s</Trans>
    </span>
  );
}
