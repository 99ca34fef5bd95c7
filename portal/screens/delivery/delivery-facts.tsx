/** What it is, where it goes, and its state in a sentence. */
import { Trans } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { useReasonText } from '../../delivery/delivery-status.tsx';
import type { DeliveryDetail } from '../../delivery/delivery.ts';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Time } from '../../elements/time.tsx';
import { Endpoint } from '../../webhook/endpoint.tsx';
import type { Webhook } from '../../webhook/webhook.ts';
import reading from '../../style/reading.module.css';
import styles from './delivery-screen.module.css';

export interface DeliveryFactsProps {
  readonly delivery: DeliveryDetail;
  /** Undefined: not read yet, or deleted. */
  readonly webhook: Webhook | undefined;
}

export function DeliveryFacts({ delivery, webhook }: DeliveryFactsProps) {
  const { id, webhookId, eventId, eventType, createdAt, kind } = delivery;
  return (
    <>
      <p className={styles.sentence}>
        <StateSentence delivery={delivery} webhook={webhook} />
      </p>
      <dl className={reading.facts}>
        <div>
          <dt>
            <Trans>Event type</Trans>
          </dt>
          <dd>
            <StrangerText text={eventType} isCode /> {kind === 'test' && <Trans>(test event)</Trans>}
          </dd>
        </div>
        <div>
          <dt>
            <Trans>Webhook</Trans>
          </dt>
          <dd>
            <Link to="/webhooks/$id" params={{ id: webhookId }}>
              {webhook === undefined ? <code>{webhookId}</code> : <Endpoint url={webhook.url} />}
            </Link>
          </dd>
        </div>
        <div>
          <dt>
            <Trans>Event ID</Trans>
          </dt>
          <dd>
            <Link to="/events/$id" params={{ id: eventId }}>
              <StrangerText text={eventId} isCode />
            </Link>
          </dd>
        </div>
        <div>
          <dt>
            <Trans>Delivery ID</Trans>
          </dt>
          <dd>
            <code>{id}</code>
          </dd>
        </div>
        <div>
          <dt>
            <Trans>Time of the event</Trans>
          </dt>
          <dd>
            <Time at={createdAt} isExact />
          </dd>
        </div>
      </dl>
    </>
  );
}

function StateSentence({ delivery, webhook }: DeliveryFactsProps) {
  const reasonText = useReasonText();
  const { status, attemptCount, nextAttemptAt, lastAttemptAt, reason } = delivery;
  const next = attemptCount + 1;
  const most = webhook?.retryPolicy.maxAttempts;
  switch (status) {
    case 'delivered':
      return (
        <Trans>
          Delivered at attempt {attemptCount}, <Time at={lastAttemptAt} />.
        </Trans>
      );
    case 'failed_retryable':
      return most === undefined ? (
        <Trans>
          Retrying: attempt {next} at <Time at={nextAttemptAt} />.
        </Trans>
      ) : (
        <Trans>
          Retrying: attempt {next} of {most} at <Time at={nextAttemptAt} />.
        </Trans>
      );
    case 'failed_permanent':
      return (
        <Trans>
          Failed after {attemptCount} attempts, and nothing follows by itself:{' '}
          <StrangerText text={reasonText(reason ?? 'http')} />.
        </Trans>
      );
    case 'pending':
      return <Trans>Waiting for its first attempt.</Trans>;
  }
}
