/** The columns of a list of deliveries. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import type { Column } from '../elements/data-table.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import { Time } from '../elements/time.tsx';
import { Unseen } from '../elements/unseen.tsx';
import { visibleText } from '../elements/visible-text.ts';
import { Endpoint } from '../webhook/endpoint.tsx';
import { useWebhookUrls } from '../webhook/webhooks-at-hand.ts';
import type { Marking } from './deliveries-list.tsx';
import styles from './delivery-columns.module.css';
import { DeliveryStatusBadge, useReasonText } from './delivery-status.tsx';
import type { Delivery } from './delivery.ts';

export interface DeliveryColumnsOptions {
  /** Null: nothing can be done with several. */
  readonly mark: Marking | null;
  readonly isOfOneWebhook: boolean;
}

export function useDeliveryColumns({ mark, isOfOneWebhook }: DeliveryColumnsOptions): readonly Column<Delivery>[] {
  const { t } = useLingui();
  const reasonText = useReasonText();
  const urls = useWebhookUrls();
  const columns: Column<Delivery>[] = [
    {
      id: 'status',
      head: t`Status`,
      cell: ({ status }) => <DeliveryStatusBadge status={status} />,
    },
    {
      id: 'type',
      head: t`Event type`,
      cell: ({ id, eventType, kind }) => (
        <>
          <Link to="/deliveries/$id" params={{ id }}>
            <StrangerText text={eventType} />
          </Link>
          {kind === 'test' && (
            <p className={styles.soft}>
              <Trans>test event</Trans>
            </p>
          )}
        </>
      ),
    },
    {
      id: 'time',
      head: t`Event time`,
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
    { id: 'attempts', head: t`Attempts`, isNumber: true, cell: ({ attemptCount }) => attemptCount },
    {
      id: 'last',
      head: t`Last code or reason`,
      cell: ({ lastResponseCode, reason }) => (
        <>
          {lastResponseCode}
          {reason !== null && (
            <p className={styles.soft}>
              <StrangerText text={reasonText(reason)} />
            </p>
          )}
        </>
      ),
    },
    {
      id: 'lastAttempt',
      head: t`Last attempt`,
      isWideOnly: true,
      cell: ({ lastAttemptAt }) => <Time at={lastAttemptAt} isShort />,
    },
    {
      id: 'nextAttempt',
      head: t`Next attempt`,
      isWideOnly: true,
      cell: ({ nextAttemptAt }) => <Time at={nextAttemptAt} isShort />,
    },
  ];
  if (!isOfOneWebhook) {
    columns.splice(2, 0, {
      id: 'webhook',
      head: t`Webhook`,
      isWideOnly: true,
      cell: ({ webhookId }) => {
        const url = urls.get(webhookId);
        return (
          <Link to="/webhooks/$id" params={{ id: webhookId }} className={styles.quiet}>
            {url === undefined ? <code>{webhookId}</code> : <Endpoint url={url} />}
          </Link>
        );
      },
    });
  }
  if (mark !== null) {
    columns.unshift({
      id: 'mark',
      head: (
        <label className={styles.mark}>
          <input
            type="checkbox"
            checked={mark.areAllMarked}
            onChange={({ target }) => {
              mark.markAll(target.checked);
            }}
          />
          <Unseen>
            <Trans>Select all on this page</Trans>
          </Unseen>
        </label>
      ),
      cell: ({ id, eventType }) => {
        const name = visibleText(eventType);
        return (
          <label className={styles.mark}>
            <input
              type="checkbox"
              aria-label={t`Select ${name} ${id}`}
              checked={mark.isMarked(id)}
              onClick={(event) => {
                mark.mark(id, event.currentTarget.checked, event.shiftKey);
              }}
              // A click says whether Shift was held; a change does not.
              onChange={() => undefined}
            />
          </label>
        );
      },
    });
  }
  return columns;
}
