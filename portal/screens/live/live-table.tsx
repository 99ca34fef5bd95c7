/** Up to two thousand rows of which only those are in the document that can be seen. */
import { useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { DeliveryStatusBadge, useReasonText } from '../../delivery/delivery-status.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { timeOfDay } from '../../elements/time-text.ts';
import { Duration, useTimeStyle } from '../../elements/time.tsx';
import { useWebhookUrls } from '../../webhook/webhooks-at-hand.ts';
import { endpointParts } from '../../webhook/webhook.ts';
import type { LiveOutcome } from './live-stream.ts';
import styles from './live.module.css';

/** As the style has it. */
const rowHeight = 40;
const overscan = 8;

export interface LiveTableProps {
  readonly rows: readonly LiveOutcome[];
  /** False: it stays where somebody looks. */
  readonly isFollowed: boolean;
  readonly onScrolled: (isAtTop: boolean) => void;
}

export function LiveTable({ rows, isFollowed, onScrolled }: LiveTableProps) {
  const { t } = useLingui();
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  useEffect(() => {
    if (isFollowed && frame.current !== null) frame.current.scrollTop = 0;
  }, [isFollowed]);
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div
      ref={frame}
      className={styles.frame}
      tabIndex={0}
      role="group"
      aria-label={t`Live outcomes`}
      onScroll={({ currentTarget }) => {
        onScrolled(currentTarget.scrollTop < rowHeight / 2);
      }}
    >
      <table className={styles.table} aria-label={t`Live outcomes`} aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">{t`Outcome`}</th>
            <th scope="col">{t`Event type`}</th>
            <th scope="col">{t`Time`}</th>
            <th scope="col">{t`Code or reason`}</th>
            <th scope="col" className={styles.wide}>{t`Webhook`}</th>
            <th scope="col" className={styles.wide}>{t`Attempt`}</th>
            <th scope="col" className={styles.wide}>{t`Took`}</th>
          </tr>
        </thead>
        <tbody>
          <Spacer height={above} />
          {items.map(({ index }) => {
            const outcome = rows[index];
            return outcome && <Row key={keyOf(outcome)} outcome={outcome} place={index + 2} />;
          })}
          <Spacer height={below} />
        </tbody>
      </table>
    </div>
  );
}

function keyOf({ deliveryId, round, attempt }: LiveOutcome): string {
  return `${deliveryId} ${round} ${attempt}`;
}

/** Of the height of the rows that are not in the document. */
function Spacer({ height }: { readonly height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden className={styles.spacer}>
      <td colSpan={7} style={{ height }} />
    </tr>
  );
}

function Row({ outcome, place }: { readonly outcome: LiveOutcome; readonly place: number }) {
  const style = useTimeStyle();
  const reasonText = useReasonText();
  const urls = useWebhookUrls();
  const { deliveryId, eventType, startedAt, responseCode, error, reason, webhookId, attempt, latencyMs } = outcome;
  const url = urls.get(webhookId);
  return (
    <tr data-row aria-rowindex={place} className={styles.row}>
      <td>
        <DeliveryStatusBadge status={outcome.outcome} />
      </td>
      <td>
        <Link to="/deliveries/$id" params={{ id: deliveryId }}>
          <StrangerText text={eventType} isBare />
        </Link>
      </td>
      <td>
        <time dateTime={startedAt} title={startedAt}>
          {timeOfDay(Date.parse(startedAt), style)}
        </time>
      </td>
      <td>{responseCode ?? <StrangerText text={reasonText(error?.kind ?? reason ?? '')} />}</td>
      <td className={styles.wide}>
        <StrangerText text={url === undefined ? webhookId : endpointParts(url).host} />
      </td>
      <td className={styles.wide}>{attempt}</td>
      <td className={styles.wide}>{latencyMs !== null && <Duration ms={latencyMs} />}</td>
    </tr>
  );
}
