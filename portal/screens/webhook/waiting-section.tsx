/** What waits: how much, since when, how long still; and who holds it up where order is strict. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useMay } from '../../api/caller.ts';
import { Section } from '../../app/page.tsx';
import { ResendDialog } from '../../delivery/resend-dialog.tsx';
import { Button, ButtonLink } from '../../elements/button.tsx';
import { Duration, Time } from '../../elements/time.tsx';
import type { HealthProps } from './health-section.tsx';
import reading from '../../style/reading.module.css';
import styles from './webhook-overview.module.css';

export function WaitingSection({ webhook, health }: HealthProps) {
  const { t } = useLingui();
  const { count, oldestAt, drainSeconds } = health.waiting;
  return (
    <Section title={t`Waiting`}>
      {count === 0 ? (
        <p>
          <Trans>Nothing waits.</Trans>
        </p>
      ) : (
        <>
          <p className={styles.sentence}>
            <Plural value={count} one="# delivery waits" other="# deliveries wait" />
            {oldestAt !== null && (
              <>
                {', '}
                <Trans>
                  the oldest since <Time at={oldestAt} />
                </Trans>
              </>
            )}
            .
          </p>
          <p>
            {drainSeconds === null ? (
              <Trans>There is no estimate of how long still: nothing arrived of late.</Trans>
            ) : (
              <Trans>
                At the rate of late none waits in <Duration ms={drainSeconds * 1000} />.
              </Trans>
            )}
          </p>
        </>
      )}
      {health.blockedBy !== null && webhook.ordering === 'strict' && <Blocked by={health.blockedBy} />}
    </Section>
  );
}

function Blocked({ by: { deliveryId, since } }: { readonly by: NonNullable<HealthProps['health']['blockedBy']> }) {
  const mayResend = useMay('deliveries.resend');
  const [isResending, setResending] = useState(false);
  return (
    <div className={styles.blocked}>
      <p>
        <Trans>
          Blocked by delivery <code>{deliveryId}</code> since <Time at={since} />
        </Trans>
      </p>
      <div className={reading.actions}>
        <ButtonLink to="/deliveries/$id" params={{ id: deliveryId }}>
          <Trans>Open</Trans>
        </ButtonLink>
        {mayResend && (
          <Button
            onClick={() => {
              setResending(true);
            }}
          >
            <Trans>Resend</Trans>
          </Button>
        )}
      </div>
      {isResending && (
        <ResendDialog
          ids={[deliveryId]}
          onClose={() => {
            setResending(false);
          }}
        />
      )}
    </div>
  );
}
