/** The webhooks that somebody should look at, worst first. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Link } from '@tanstack/react-router';
import { Section } from '../../app/page.tsx';
import { useNow } from '../../elements/clock.ts';
import { Time } from '../../elements/time.tsx';
import { Endpoint } from '../../webhook/endpoint.tsx';
import { WebhookStateBadge } from '../../webhook/webhook-state.tsx';
import { stateOf, type Webhook } from '../../webhook/webhook.ts';
import styles from './overview-screen.module.css';

const hourMs = 3_600_000;
const shownMax = 10;

export function NeedsAttention({ webhooks }: { readonly webhooks: readonly Webhook[] }) {
  const { t } = useLingui();
  const now = useNow();
  const worst = webhooks
    .map((webhook) => ({ webhook, weight: weightOf(webhook, now) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .slice(0, shownMax);
  return (
    <Section title={t`Needs attention`}>
      {worst.length === 0 ? (
        <p>
          <Trans>Nothing: every webhook is well.</Trans>
        </p>
      ) : (
        <ul className={styles.attention}>
          {worst.map(({ webhook }) => (
            <li key={webhook.id}>
              <WebhookStateBadge state={stateOf(webhook)} />
              <Link to="/webhooks/$id" params={{ id: webhook.id }}>
                <Endpoint url={webhook.url} />
              </Link>
              <span className={styles.label}>
                <Why webhook={webhook} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** 0: it is well. A webhook that its client switched off is meant to be off. */
function weightOf(webhook: Webhook, now: number): number {
  const { health, disabledBy } = webhook;
  const state = stateOf(webhook);
  if (state === 'disabled') return disabledBy === 'client' ? 0 : 5;
  if (state === 'unverified') return 5;
  if (health === undefined) return 0;
  if (health.blockedBy !== null) return 4;
  if (health.state === 'failing') return 3;
  return isLate(health.waiting.oldestAt, now) ? 2 : 0;
}

function isLate(oldestAt: string | null, now: number): boolean {
  return oldestAt !== null && now - Date.parse(oldestAt) > hourMs;
}

function Why({ webhook: { health, disabledAt, disabledBy, isActive } }: { readonly webhook: Webhook }) {
  if (disabledBy === 'unverified') return <Trans>waits for its endpoint to be verified</Trans>;
  if (!isActive) {
    return (
      <Trans>
        disabled <Time at={disabledAt} />
      </Trans>
    );
  }
  if (health === undefined) return null;
  if (health.blockedBy !== null) {
    return (
      <Trans>
        blocked since <Time at={health.blockedBy.since} />
      </Trans>
    );
  }
  if (health.state === 'failing') {
    return <Plural value={health.consecutiveFailures} one="# attempt failed" other="# attempts in a row failed" />;
  }
  return (
    <Trans>
      the oldest waits since <Time at={health.waiting.oldestAt} />
    </Trans>
  );
}
