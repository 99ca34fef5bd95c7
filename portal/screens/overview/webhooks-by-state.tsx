import { useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { Section } from '../../app/page.tsx';
import { useIntlName } from '../../elements/time.tsx';
import { useWebhookStateNames } from '../../webhook/webhook-state.tsx';
import { stateOf, type Webhook, type WebhookStateName } from '../../webhook/webhook.ts';
import styles from './overview-screen.module.css';

export interface WebhooksByStateProps {
  readonly webhooks: readonly Webhook[];
  readonly hasMore: boolean;
}

export function WebhooksByState({ webhooks, hasMore }: WebhooksByStateProps) {
  const { t } = useLingui();
  const names = useWebhookStateNames();
  const number = new Intl.NumberFormat(useIntlName());
  const states = Object.keys(names) as WebhookStateName[];
  return (
    <Section title={t`Webhooks`}>
      <div className={styles.tiles}>
        {states.map((state) => (
          <Link key={state} to="/webhooks" search={{ state }} className={styles.tile}>
            <span className={styles.number}>
              {number.format(webhooks.filter((webhook) => stateOf(webhook) === state).length)}
              {hasMore && '+'}
            </span>
            <span className={styles.label}>{names[state]}</span>
          </Link>
        ))}
      </div>
    </Section>
  );
}
