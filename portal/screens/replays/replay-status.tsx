/** How a replay stands, in words. */
import { useLingui } from '@lingui/react/macro';
import { Badge, StatusBadge, type Tone } from '../../elements/badge.tsx';
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

export function ReplayStatusBadge({ replay: { status, dryRun } }: { readonly replay: Replay }) {
  const { t } = useLingui();
  const name = useReplayStatusNames()[status];
  return <Badge tone={dryRun ? 'calm' : tones[status]}>{dryRun ? t`Preview only` : name}</Badge>;
}

/** On the page of one replay. */
export function ReplayStatus({ replay: { status, dryRun } }: { readonly replay: Replay }) {
  const { t } = useLingui();
  const name = useReplayStatusNames()[status];
  return <StatusBadge tone={dryRun ? 'calm' : tones[status]} name={dryRun ? t`Preview only` : name} />;
}
