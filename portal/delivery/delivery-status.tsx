/** Where deliveries stand, and why, in words. */
import { useLingui } from '@lingui/react/macro';
import type { AttemptErrorKind, PermanentReason, RetryableReason } from '../../libs/domain/delivery/outcome-reason.ts';
import { Badge, StatusBadge, type Tone } from '../elements/badge.tsx';
import type { DeliveryStatusName } from './delivery.ts';

export const deliveryTones: Readonly<Record<DeliveryStatusName, Tone>> = {
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
  return <Badge tone={deliveryTones[status]}>{useDeliveryStatusNames()[status]}</Badge>;
}

/** On the page of one delivery. */
export function DeliveryStatus({ status }: { readonly status: DeliveryStatusName }) {
  return <StatusBadge tone={deliveryTones[status]} name={useDeliveryStatusNames()[status]} />;
}

/** Why a delivery ended or waits, or what kind of error an attempt met; the word itself where it is none of these. */
export function useReasonText(): (reason: string) => string {
  const { t } = useLingui();
  const texts: Readonly<Record<RetryableReason | PermanentReason | AttemptErrorKind, string>> = {
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
    proxy: t`The proxy before all endpoints failed`,
    'refused-address': t`The address may not be used`,
    refused_address: t`The address may not be used`,
    payload_too_large: t`The body is too large to be sent`,
    rejected: t`The endpoint will not take it`,
    aborted: t`The endpoint asked to give it up`,
    signing_failed: t`It could not be signed`,
  };
  const named: Readonly<Record<string, string>> = texts;
  return (reason) => (Object.hasOwn(named, reason) ? (named[reason] ?? reason) : reason);
}
