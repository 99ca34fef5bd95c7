import { useLingui } from '@lingui/react/macro';
import { Sparkline } from '../../charts/sparkline.tsx';
import { useIntlName } from '../../elements/time.tsx';
import type { StatsByWebhook } from './stats-by-webhook.ts';

export interface SuccessOfDayProps {
  /** 0 to 1; null: nothing was sent. */
  readonly rate: number | null | undefined;
  readonly stats: StatsByWebhook | undefined;
}

export function SuccessOfDay({ rate, stats }: SuccessOfDayProps) {
  const { t } = useLingui();
  const language = useIntlName();
  const format = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const shown = rate === null || rate === undefined ? '–' : format.format(rate);
  const attemptsMax = Math.max(1, ...(stats?.data.map(({ attempts }) => attempts) ?? []));
  return (
    <>
      {shown}
      {stats !== undefined && (
        <Sparkline
          label={t`Attempts of the last 24 hours; ${shown} of them were delivered`}
          bars={stats.data.map(({ attempts, delivered }) => ({
            height: attempts / attemptsMax,
            isBad: delivered < attempts,
          }))}
        />
      )}
    </>
  );
}
