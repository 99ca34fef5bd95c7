/** What a replay led to so far: where the deliveries stand that a replay tried since this one began. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Section } from '../../app/page.tsx';
import { useDeliveryStatusNames } from '../../delivery/delivery-status.tsx';
import { countDeliveries } from '../../delivery/delivery.ts';
import { Loaded } from '../../elements/states.tsx';
import { CountedNumber } from './counted-number.tsx';
import { Fact } from './replay-filter.tsx';
import { isUnderWay, type Replay } from './replay.ts';
import styles from './replays.module.css';

const lookEveryMs = 3_000;

export function ReplayEffect({ replay }: { readonly replay: Replay }) {
  const { t } = useLingui();
  const names = useDeliveryStatusNames();
  const { id, startedAt, clientId } = replay;
  const { webhookId, eventType } = replay.filter;
  const query = useQuery({
    queryKey: ['replay-effect', id, replay.status],
    queryFn: ({ signal }) => {
      const asked = { trigger: 'replay', attemptedFrom: startedAt, clientId, webhookId, eventType };
      return countDeliveries(asked, signal);
    },
    refetchInterval: ({ state: { data } }) =>
      isUnderWay(replay) || (data?.byStatus.failed_retryable ?? 0) > 0 ? lookEveryMs : false,
    retry: false,
  });
  return (
    <Section title={t`What it led to so far`}>
      <Loaded query={query} lines={2}>
        {({ byStatus, isExact }) => (
          <>
            <dl className={styles.facts}>
              {(['delivered', 'failed_retryable', 'failed_permanent'] as const).map((status) => (
                <Fact key={status} name={names[status]}>
                  <CountedNumber value={byStatus[status]} />
                  {!isExact && '+'}
                </Fact>
              ))}
            </dl>
            <p className={styles.soft}>
              <Trans>Of deliveries that a replay sent and that were tried since this one began.</Trans>
            </p>
          </>
        )}
      </Loaded>
    </Section>
  );
}
