/** What happened when: the event, each attempt with what came before it, and what is next. Rounds stand apart. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Section } from '../../app/page.tsx';
import type { Attempt, DeliveryDetail } from '../../delivery/delivery.ts';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Duration, Time } from '../../elements/time.tsx';
import reading from '../../style/reading.module.css';
import styles from './delivery-screen.module.css';

/** Shorter gaps are of the network, and say nothing. */
const gapMsMin = 1_000;

export function TimeLine({ delivery }: { readonly delivery: DeliveryDetail }) {
  const { t } = useLingui();
  const { createdAt, attempts, nextAttemptAt } = delivery;
  return (
    <Section title={t`Time line`}>
      <ol className={styles.steps}>
        <li>
          <Trans>
            Event at <Time at={createdAt} isExact />
          </Trans>
        </li>
        {attempts.map((attempt, index) => (
          <AttemptStep key={attempt.attempt} attempt={attempt} before={attempts[index - 1]} eventAt={createdAt} />
        ))}
        {nextAttemptAt !== null && (
          <li>
            <Trans>
              Next attempt <Time at={nextAttemptAt} />
            </Trans>
          </li>
        )}
      </ol>
    </Section>
  );
}

interface AttemptStepProps {
  readonly attempt: Attempt;
  readonly before: Attempt | undefined;
  readonly eventAt: string;
}

function AttemptStep({ attempt, before, eventAt }: AttemptStepProps) {
  const { attempt: number, startedAt, trigger, responseCode, error, latencyMs } = attempt;
  const gapMs = Date.parse(startedAt) - Date.parse(before?.startedAt ?? eventAt);
  return (
    <>
      {trigger === 'manual' && (
        <li className={styles.round}>
          <Trans>Sent again by hand</Trans>
        </li>
      )}
      {trigger === 'replay' && (
        <li className={styles.round}>
          <Trans>Sent again by a replay</Trans>
        </li>
      )}
      {gapMs >= gapMsMin && (
        <li className={reading.soft}>
          <Duration ms={gapMs} /> <GapReason trigger={trigger} />
        </li>
      )}
      <li>
        <Trans>Attempt {number}</Trans>: <Time at={startedAt} isExact />,{' '}
        <StrangerText text={String(responseCode ?? error?.kind ?? attempt.outcome)} />
        {latencyMs !== null && (
          <>
            {' '}
            (<Duration ms={latencyMs} />)
          </>
        )}
      </li>
    </>
  );
}

function GapReason({ trigger }: Pick<Attempt, 'trigger'>) {
  switch (trigger) {
    case 'first':
      return <Trans>on its way: fan-out, order, rate or breaker of the webhook</Trans>;
    case 'retry':
      return <Trans>waiting for the retry</Trans>;
    case 'probe':
      return <Trans>the breaker was open</Trans>;
    case 'manual':
    case 'replay':
      return <Trans>nothing followed by itself</Trans>;
  }
}
