/** Where deliveries stand, and why, in words. */
import { useLingui } from '@lingui/react/macro';
import { Badge, StatusBadge, type Tone } from '../elements/badge.tsx';
import type { DeliveryStatusName } from './delivery.ts';

const tones: Readonly<Record<DeliveryStatusName, Tone>> = {
  pending: 'calm',
  delivered: 'good',
  failed_retryable: 'busy',
  failed_permanent: 'bad',
};

export function useDeliveryStatusNames(): Readonly<Record<DeliveryStatusName, string>> {
  const { t } = useLingui();
  return { pending: t`Pending`, delivered: t`Delivered`, failed_retryable: t`Retrying`, failed_permanent: t`Failed` };
}

export function DeliveryStatusBadge({ status }: { readonly status: DeliveryStatusName }) {
  return <Badge tone={tones[status]}>{useDeliveryStatusNames()[status]}</Badge>;
}

/** On the page of one delivery. */
export function DeliveryStatus({ status }: { readonly status: DeliveryStatusName }) {
  return <StatusBadge tone={tones[status]} name={useDeliveryStatusNames()[status]} />;
}

/** Why a delivery ended or waits, for those reasons that have words; the word itself otherwise. */
export function useReasonText(): (reason: string) => string {
  const { t } = useLingui();
  const texts: Readonly<Record<string, string>> = {
    exhausted: t`All attempts were used`,
    expired: t`It waited too long`,
    disabled: t`The webhook was disabled`,
    deleted: t`The webhook was deleted`,
    gone: t`The endpoint says that it is gone (410)`,
    http: t`The endpoint refused it`,
    timeout: t`No answer in time`,
    dns: t`The name was not resolved`,
    connect: t`No connection`,
    tls: t`TLS failed`,
    reset: t`The connection broke`,
    'refused-address': t`The address may not be used`,
  };
  return (reason) => (Object.hasOwn(texts, reason) ? (texts[reason] ?? reason) : reason);
}
