/** Why this event came to this webhook: its types and its filter, as they are now. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { patternMatches } from '../../../libs/domain/delivery/match.ts';
import type { DeliveryDetail } from '../../delivery/delivery.ts';
import { Empty } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import type { Webhook } from '../../webhook/webhook.ts';
import reading from '../../style/reading.module.css';
import { HighlightedText } from './highlighted-text.tsx';

export interface WhyViewProps {
  readonly delivery: DeliveryDetail;
  readonly webhook: Webhook | undefined;
}

export function WhyView({ delivery: { kind, eventType, eventId }, webhook }: WhyViewProps) {
  const { t } = useLingui();
  if (kind === 'test') {
    return (
      <p>
        <Trans>It is a test event: it goes to this webhook alone, whatever the webhook subscribed to.</Trans>
      </p>
    );
  }
  if (webhook === undefined) return <Empty title={<Trans>The webhook is not there any more</Trans>} />;
  const { eventTypes, filter } = webhook;
  const matching = eventTypes.filter((pattern) => patternMatches(pattern, eventType));
  return (
    <>
      <p>
        {matching.length > 0 ? (
          <Trans>
            The webhook takes <StrangerText text={eventType} isCode /> by{' '}
            <StrangerText text={matching.join(', ')} isCode />.
          </Trans>
        ) : (
          <Trans>
            The webhook does not take <StrangerText text={eventType} isCode /> any more: it was changed since.
          </Trans>
        )}
      </p>
      {filter === null ? (
        <p>
          <Trans>It has no filter: every event of these types is sent.</Trans>
        </p>
      ) : (
        <>
          <p>
            <Trans>The event passed its filter:</Trans>
          </p>
          <pre className={reading.code} tabIndex={0} aria-label={t`Filter`}>
            <HighlightedText text={JSON.stringify(filter, null, 2)} sought="********" />
          </pre>
        </>
      )}
      <Link to="/events/$id" params={{ id: eventId }}>
        <Trans>What became of this event at other webhooks</Trans>
      </Link>
    </>
  );
}
