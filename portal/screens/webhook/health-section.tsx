/** The state in a sentence with its numbers, and how the last attempts went. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useSettings } from '../../api/settings.ts';
import { Section } from '../../app/page.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Time, useIntlName } from '../../elements/time.tsx';
import type { WebhookHealth } from '../../webhook/webhook-health.ts';
import type { Webhook } from '../../webhook/webhook.ts';
import styles from './webhook-overview.module.css';

export interface HealthProps {
  readonly webhook: Webhook;
  readonly health: WebhookHealth;
}

export function HealthSection({ webhook, health }: HealthProps) {
  const { t } = useLingui();
  return (
    <Section title={t`Health`}>
      <p className={styles.sentence}>
        <StateSentence webhook={webhook} health={health} />
      </p>
      <p className={styles.soft}>
        <Trans>
          Last success <Time at={health.lastSuccessAt} />, last failure <Time at={health.lastFailureAt} />
        </Trans>
      </p>
      {health.fallingBehind && (
        <p>
          <Trans>More comes than goes: deliveries begin more than a minute late.</Trans>
        </p>
      )}
      <Windows windows={health.windows} />
    </Section>
  );
}

function StateSentence({ webhook, health }: HealthProps) {
  const { consecutiveFailures, failingSince, state, disabledReason } = health;
  switch (state) {
    case 'healthy':
      return <Trans>Deliveries arrive.</Trans>;
    case 'failing':
      return (
        <>
          <Plural value={consecutiveFailures} one="# attempt failed" other="# attempts in a row failed" />{' '}
          <Trans>
            since <Time at={failingSince} />.
          </Trans>{' '}
          <DisableRule />
        </>
      );
    case 'disabled':
      return (
        <>
          <DisabledBy health={health} /> <Time at={webhook.disabledAt} />.{' '}
          {disabledReason !== null && <StrangerText text={disabledReason} />}
        </>
      );
    case 'unverified':
      return <VerificationSentence health={health} />;
    case 'paused':
      return (
        <Trans>
          Paused until <Time at={health.pausedUntil} />: what comes for it waits.
        </Trans>
      );
    case 'recovering':
      return <Trans>It works again, and what waits is sent at a growing pace.</Trans>;
  }
}

function VerificationSentence({ health: { verification } }: Pick<HealthProps, 'health'>) {
  const { problem = null, askedAt = null, nextAt = null } = verification ?? {};
  return (
    <>
      <Trans>Nothing is sent until the endpoint has proven that it wants deliveries.</Trans>{' '}
      {problem !== null && (
        <Trans>
          Asked last <Time at={askedAt} />: <StrangerText text={problem} />.
        </Trans>
      )}{' '}
      {nextAt === null ? (
        <Trans>It is not asked again by itself.</Trans>
      ) : (
        <Trans>
          It is asked again <Time at={nextAt} />.
        </Trans>
      )}
    </>
  );
}

function DisabledBy({ health: { disabledBy } }: Pick<HealthProps, 'health'>) {
  switch (disabledBy) {
    case 'client':
      return <Trans>Disabled by the client</Trans>;
    case 'operator':
      return <Trans>Disabled by the operator</Trans>;
    case 'failures':
      return <Trans>Disabled because its attempts kept failing</Trans>;
    case 'gone':
      return <Trans>Disabled because the endpoint said that it is gone</Trans>;
    default:
      return <Trans>Disabled</Trans>;
  }
}

/** How far it is from being disabled, where the installation disables any. */
function DisableRule() {
  const rule = useSettings()?.autoDisable;
  if (rule?.isEnabled !== true) return null;
  const { failureThreshold: failures, minMinutes: minutes } = rule;
  return (
    <Trans>
      At {failures}, over at least {minutes} minutes, it is disabled.
    </Trans>
  );
}

function Windows({ windows }: Pick<WebhookHealth, 'windows'>) {
  const { t } = useLingui();
  const language = useIntlName();
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const number = new Intl.NumberFormat(language);
  const names: Readonly<Record<string, string>> = { '5m': t`5 minutes`, '1h': t`1 hour`, '24h': t`24 hours` };
  const shown = (value: number | undefined) => (value === undefined ? '–' : `${number.format(Math.round(value))} ms`);
  return (
    <table className={styles.windows} aria-label={t`Attempts of late`}>
      <thead>
        <tr>
          <th scope="col">
            <Trans>Last</Trans>
          </th>
          <th scope="col">
            <Trans>Attempts</Trans>
          </th>
          <th scope="col">
            <Trans>Success</Trans>
          </th>
          <th scope="col">p50</th>
          <th scope="col">p95</th>
          <th scope="col">p99</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(windows).map(([name, { attempts, successRate, latencyMs }]) => (
          <tr key={name}>
            <th scope="row">{names[name] ?? name}</th>
            <td>{number.format(attempts)}</td>
            <td>{successRate === null ? '–' : percent.format(successRate)}</td>
            <td>{shown(latencyMs?.p50)}</td>
            <td>{shown(latencyMs?.p95)}</td>
            <td>{shown(latencyMs?.p99)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
