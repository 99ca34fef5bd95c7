/** How a webhook that failures disabled comes back by itself: pings first, then a growing pace. */
import { Trans, useLingui } from '@lingui/react/macro';
import { Section } from '../../app/page.tsx';
import { useNow } from '../../elements/clock.ts';
import { Time } from '../../elements/time.tsx';
import type { WebhookHealth } from '../../webhook/webhook-health.ts';

export function RecoverySection({ health }: { readonly health: WebhookHealth }) {
  const { t } = useLingui();
  const { healing, lastPingAt, lastPingDelivered } = health;
  if (healing === null) {
    return (
      <Section title={t`Recovery`}>
        <p>
          <Trans>It does not come back by itself: enable it once the endpoint works.</Trans>
        </p>
      </Section>
    );
  }
  const pace = Math.round((healing.pacePerSecond ?? 0) * 10) / 10;
  const { goodPings, failedPings, nextPingAt, recoveringSince, recoveringUntil, pacePerSecond } = healing;
  return (
    <Section title={t`Recovery`}>
      {recoveringUntil === null ? (
        <>
          <p>
            <Trans>
              {goodPings} good pings in a row so far, {failedPings} failed. Next ping <Time at={nextPingAt} />.
            </Trans>
          </p>
          {lastPingAt !== null && (
            <p>
              {lastPingDelivered === true ? (
                <Trans>
                  The last ping arrived, <Time at={lastPingAt} />.
                </Trans>
              ) : (
                <Trans>
                  The last ping failed, <Time at={lastPingAt} />.
                </Trans>
              )}
            </p>
          )}
        </>
      ) : (
        <>
          <p>
            <Trans>
              Recovering until <Time at={recoveringUntil} />
            </Trans>
            {pacePerSecond !== null && (
              <>
                {', '}
                <Trans>at most {pace} requests per second now</Trans>
              </>
            )}
            .
          </p>
          {recoveringSince !== null && <Progress from={recoveringSince} to={recoveringUntil} />}
        </>
      )}
    </Section>
  );
}

function Progress({ from, to }: { readonly from: string; readonly to: string }) {
  const { t } = useLingui();
  const now = useNow();
  const start = Date.parse(from);
  const whole = Math.max(1, Date.parse(to) - start);
  return <progress aria-label={t`Recovery`} max={whole} value={Math.min(whole, Math.max(0, now - start))} />;
}
