/** How a replay stands, in words. */
import { useLingui } from '@lingui/react/macro';
import { StatusBadge, type Tone } from '../../elements/badge.tsx';
import type { Replay, ReplayStatusName } from './replay.ts';

const tones: Readonly<Record<ReplayStatusName, Tone>> = {
  pending: 'calm',
  running: 'busy',
  finished: 'good',
  cancelled: 'calm',
  failed: 'bad',
};

export function useReplayStatusNames(): Readonly<Record<ReplayStatusName, string>> {
  const { t } = useLingui();
  return {
    pending: t`Waiting to begin`,
    running: t`Running`,
    finished: t`Finished`,
    cancelled: t`Cancelled`,
    failed: t`Broke off`,
  };
}

export function replayTone({ status, dryRun }: Replay): Tone {
  return dryRun ? 'calm' : tones[status];
}

/** In a list. */
export function useReplayStatusText(): (replay: Replay) => string {
  const { t } = useLingui();
  const names = useReplayStatusNames();
  return ({ status, dryRun }) => (dryRun ? t`Preview only` : names[status]);
}

/** On the page of one replay. */
export function ReplayStatus({ replay }: { readonly replay: Replay }) {
  return <StatusBadge tone={replayTone(replay)} name={useReplayStatusText()(replay)} />;
}
