/** The columns of a list of deliveries: of few elements, since a page has 250 rows of them. */
import { useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import type { Column } from '../elements/data-table.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import { Time, useShortTimes } from '../elements/time.tsx';
import { visibleText } from '../elements/visible-text.ts';
import { useWebhookUrls } from '../webhook/webhooks-at-hand.ts';
import type { Marking } from './deliveries-list.tsx';
import styles from './delivery-columns.module.css';
import { deliveryTones, useDeliveryStatusNames, useReasonText } from './delivery-status.tsx';
import type { Delivery } from './delivery.ts';

export interface DeliveryColumnsOptions {
  /** Null: nothing can be done with several. */
  readonly mark: Marking | null;
  readonly isOfOneWebhook: boolean;
}

export function useDeliveryColumns({ mark, isOfOneWebhook }: DeliveryColumnsOptions): readonly Column<Delivery>[] {
  const { t } = useLingui();
  const statusNames = useDeliveryStatusNames();
  const reasonText = useReasonText();
  const times = useShortTimes();
  const urls = useWebhookUrls(!isOfOneWebhook);
  const columns: Column<Delivery>[] = [
    {
      id: 'status',
      head: (
        <>
          {mark !== null && <MarkAll mark={mark} />}
          {t`Status`}
        </>
      ),
      toneOf: ({ status }) => deliveryTones[status],
      cell: (delivery) => (
        <>
          {mark !== null && <MarkOne mark={mark} delivery={delivery} />}
          {statusNames[delivery.status]}
        </>
      ),
    },
    {
      id: 'type',
      head: t`Event type`,
      cell: ({ id, eventType, kind }) => (
        <>
          <Link to="/deliveries/$id" params={{ id }}>
            <StrangerText text={eventType} isBare />
          </Link>
          {kind === 'test' && ` (${t`test event`})`}
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
      cell: ({ lastResponseCode, reason }) =>
        [lastResponseCode ?? '', reason === null ? '' : visibleText(reasonText(reason))]
          .filter((part) => part !== '')
          .join(' · '),
    },
    {
      id: 'lastAttempt',
      head: t`Last attempt`,
      isWideOnly: true,
      cell: ({ lastAttemptAt }) => times.text(lastAttemptAt),
      titleOf: ({ lastAttemptAt }) => times.title(lastAttemptAt),
    },
    {
      id: 'nextAttempt',
      head: t`Next attempt`,
      isWideOnly: true,
      cell: ({ nextAttemptAt }) => times.text(nextAttemptAt),
      titleOf: ({ nextAttemptAt }) => times.title(nextAttemptAt),
    },
  ];
  if (!isOfOneWebhook) {
    columns.splice(2, 0, {
      id: 'webhook',
      head: t`Webhook`,
      isWideOnly: true,
      cell: ({ webhookId }) => (
        <Link to="/webhooks/$id" params={{ id: webhookId }} className={styles.quiet}>
          <StrangerText text={urls.get(webhookId)?.replace(/^https?:\/\//, '') ?? webhookId} isBare />
        </Link>
      ),
    });
  }
  return columns;
}

function MarkAll({ mark }: { readonly mark: Marking }) {
  const { t } = useLingui();
  return (
    <input
      type="checkbox"
      aria-label={t`Select all on this page`}
      checked={mark.areAllMarked}
      onChange={({ target }) => {
        mark.markAll(target.checked);
      }}
    />
  );
}

function MarkOne({ mark, delivery: { id, eventType } }: { readonly mark: Marking; readonly delivery: Delivery }) {
  const { t } = useLingui();
  const name = visibleText(eventType);
  return (
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
  );
}
