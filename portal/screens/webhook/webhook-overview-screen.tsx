/** How one webhook is doing, what waits for it, and what can be done about it. */
import { useLingui } from '@lingui/react/macro';
import { Loaded } from '../../elements/states.tsx';
import { useHealth } from '../../webhook/webhook-health.ts';
import { WebhookPage } from '../../webhook/webhook-page.tsx';
import type { Webhook } from '../../webhook/webhook.ts';
import { AttemptCharts } from './attempt-charts.tsx';
import { HealthSection } from './health-section.tsx';
import { RecoverySection } from './recovery-section.tsx';
import { WaitingSection } from './waiting-section.tsx';
import { WebhookActions } from './webhook-actions.tsx';

export function Screen() {
  const { t } = useLingui();
  return (
    <WebhookPage part={t`Overview`} isHealthRead>
      {(webhook) => <Overview webhook={webhook} />}
    </WebhookPage>
  );
}

function Overview({ webhook }: { readonly webhook: Webhook }) {
  const health = useHealth(webhook.id);
  return (
    <Loaded query={health} lines={8}>
      {(present) => (
        <>
          <WebhookActions webhook={webhook} health={present} />
          <HealthSection webhook={webhook} health={present} />
          <WaitingSection webhook={webhook} health={present} />
          {(present.state === 'recovering' || present.disabledBy === 'failures') && (
            <RecoverySection health={present} />
          )}
          <AttemptCharts webhookId={webhook.id} />
        </>
      )}
    </Loaded>
  );
}
