/** The states of a webhook in words. */
import { useLingui } from '@lingui/react/macro';
import { Badge, StatusBadge, type Tone } from '../elements/badge.tsx';
import type { WebhookStateName } from './webhook.ts';

export const webhookTones: Readonly<Record<WebhookStateName, Tone>> = {
  healthy: 'good',
  failing: 'bad',
  disabled: 'calm',
  recovering: 'busy',
  paused: 'calm',
  unverified: 'busy',
};

export function useWebhookStateNames(): Readonly<Record<WebhookStateName, string>> {
  const { t } = useLingui();
  return {
    healthy: t`Healthy`,
    failing: t`Failing`,
    disabled: t`Disabled`,
    recovering: t`Recovering`,
    paused: t`Paused`,
    unverified: t`Unverified`,
  };
}

export function WebhookStateBadge({ state }: { readonly state: WebhookStateName }) {
  return <Badge tone={webhookTones[state]}>{useWebhookStateNames()[state]}</Badge>;
}

/** On the page of one webhook. */
export function WebhookStatus({ state }: { readonly state: WebhookStateName }) {
  return <StatusBadge tone={webhookTones[state]} name={useWebhookStateNames()[state]} />;
}
