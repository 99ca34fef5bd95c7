/** What a replay sends, in words. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useDeliveryStatusNames } from '../../delivery/delivery-status.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Time } from '../../elements/time.tsx';
import { useWebhookUrls } from '../../webhook/webhooks-at-hand.ts';
import { Endpoint } from '../../webhook/endpoint.tsx';
import type { Replay } from './replay.ts';
import styles from './replays.module.css';

/** In one line, for a list. */
export function ReplayWhat({ replay: { filter } }: { readonly replay: Replay }) {
  const names = useDeliveryStatusNames();
  const urls = useWebhookUrls();
  const { webhookId, missedWhileDisabled, status = [], eventType } = filter;
  const url = webhookId === undefined ? undefined : urls.get(webhookId);
  return (
    <>
      {filter.rewindTo !== undefined ? (
        <Trans>Rewind</Trans>
      ) : missedWhileDisabled === true ? (
        <Trans>Missed while disabled</Trans>
      ) : (
        status.map((name) => names[name]).join(', ')
      )}
      {eventType !== undefined && (
        <p className={styles.soft}>
          <StrangerText text={eventType} isCode />
        </p>
      )}
      {webhookId !== undefined && (
        <p className={styles.soft}>{url === undefined ? <code>{webhookId}</code> : <Endpoint url={url} />}</p>
      )}
    </>
  );
}

export function ReplayFilterFacts({ replay: { filter, pacePerSecond, createdAt } }: { readonly replay: Replay }) {
  const { t } = useLingui();
  const names = useDeliveryStatusNames();
  const urls = useWebhookUrls();
  const { webhookId, missedWhileDisabled, status = [], eventType, to } = filter;
  const from = filter.rewindTo ?? filter.from;
  const url = webhookId === undefined ? undefined : urls.get(webhookId);
  const traits = [filter.reason, filter.responseCode, filter.errorKind, filter.kind, filter.trigger, filter.attempts];
  const others = traits.flatMap((trait) => trait ?? []);
  return (
    <dl className={styles.facts}>
      <Fact name={t`Webhook`}>
        {webhookId === undefined ? (
          <Trans>all of them</Trans>
        ) : (
          <Link to="/webhooks/$id" params={{ id: webhookId }}>
            {url === undefined ? <code>{webhookId}</code> : <Endpoint url={url} />}
          </Link>
        )}
      </Fact>
      <Fact name={t`Status`}>
        {filter.rewindTo !== undefined ? (
          <Trans>Rewind</Trans>
        ) : missedWhileDisabled === true ? (
          <Trans>Missed while disabled</Trans>
        ) : (
          status.map((name) => names[name]).join(', ')
        )}
      </Fact>
      {eventType !== undefined && (
        <Fact name={t`Event type`}>
          <StrangerText text={eventType} isCode />
        </Fact>
      )}
      {others.length > 0 && (
        <Fact name={t`Only those with`}>
          <StrangerText text={others.join(', ')} isCode />
        </Fact>
      )}
      {from !== undefined && (
        <Fact name={t`Events from`}>
          <Time at={from} />
        </Fact>
      )}
      <Fact name={t`Events before`}>
        <Time at={to ?? createdAt} />
      </Fact>
      <Fact name={t`Deliveries per second`}>{pacePerSecond}</Fact>
    </dl>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
