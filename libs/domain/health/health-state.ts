/** How a webhook stands, as it is shown. */
import type { HealthState, WebhookHealth } from './webhook-health.ts';

/** The webhook itself says whether anything is sent to it, its health how that goes. */
export function stateOf(
  { state }: Pick<WebhookHealth, 'state'>,
  {
    isActive,
    isRecovering,
    isPaused,
  }: { readonly isActive: boolean; readonly isRecovering: boolean; readonly isPaused: boolean },
): HealthState {
  if (!isActive) return 'disabled';
  if (isPaused) return 'paused';
  return isRecovering ? 'recovering' : state;
}
