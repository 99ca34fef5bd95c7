/** How a webhook stands, as it is shown. */
import type { DisabledBy } from '../webhook/webhook.ts';
import type { HealthState, WebhookHealth } from './webhook-health.ts';

/** The webhook itself says whether anything is sent to it, its health how that goes. */
export function stateOf(
  { state }: Pick<WebhookHealth, 'state'>,
  {
    isActive,
    isRecovering,
    isPaused,
    disabledBy,
  }: {
    readonly isActive: boolean;
    readonly isRecovering: boolean;
    readonly isPaused: boolean;
    readonly disabledBy: DisabledBy | null;
  },
): HealthState {
  if (!isActive) return disabledBy === 'unverified' ? 'unverified' : 'disabled';
  if (isPaused) return 'paused';
  return isRecovering ? 'recovering' : state;
}
