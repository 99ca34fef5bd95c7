/** What one attempt led to, as it travels on webhook.delivery-outcomes: a public contract. */
import type { DeliveryKind, Trigger } from './delivery.ts';
import type { JsonText } from '../payload/json-text.ts';
import type { AttemptErrorKind, PermanentReason, RetryableReason } from './outcome-reason.ts';

export type OutcomeStatus = 'delivered' | 'failed_retryable' | 'failed_permanent';
/** Status of a delivery in the history: a delivery without an outcome yet is `pending`. */
export type DeliveryStatus = 'pending' | OutcomeStatus;
export const deliveryStatuses = [
  'pending',
  'delivered',
  'failed_retryable',
  'failed_permanent',
] as const satisfies readonly DeliveryStatus[];

/** Most that is kept of the body of an answer. */
export const responseSampleBytesMax = 4_096;

export interface DeliveryOutcome {
  readonly deliveryId: string;
  /** As in the delivery: Unix milliseconds, null or left out when its id carries the time. */
  readonly eventTime?: number | null | undefined;
  readonly webhookId: string;
  readonly clientId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly kind: DeliveryKind;
  readonly trigger: Trigger;
  readonly round: string;
  readonly attempt: number;
  readonly status: OutcomeStatus;
  readonly reason: RetryableReason | PermanentReason | null;
  readonly startedAt: number;
  /** Null when no POST was made. */
  readonly latencyMs: number | null;
  /** Lower-case names; what the client added is masked. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly responseCode: number | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** At most {@link responseSampleBytesMax}, as they came. */
  readonly responseBodySample: Buffer | null;
  readonly responseBodyTruncated: boolean;
  readonly errorKind: AttemptErrorKind | null;
  readonly errorMessage: string | null;
  readonly nextAttemptAt: number | null;
  readonly deliveryCreatedAt: number;
  /** `gone` when the endpoint asked for no more. */
  readonly disableWebhook: 'gone' | null;
  /** The version in which the webhook got the URL that was called; null when none was, or it is not known. */
  readonly targetVersion: number | null;
  /** Of a verification: whether the endpoint proved that it wants deliveries. Null or left out: it was asked nothing. */
  readonly provedEndpoint?: boolean | null | undefined;
  readonly traceparent: string | null;
}

/** What tells nothing of how an endpoint is: whoever watches over those does not read it. */
export const unobservedFields = [
  'eventTime',
  'requestHeaders',
  'responseBodySample',
  'responseBodyTruncated',
  'traceparent',
] as const satisfies readonly (keyof DeliveryOutcome)[];

/** An outcome as the health of its webhook needs it. */
export type ObservedOutcome = Omit<DeliveryOutcome, (typeof unobservedFields)[number]>;

/** An outcome on its way into the history, which passes headers on as they are. */
export type KeptOutcome = Omit<DeliveryOutcome, 'requestHeaders' | 'responseHeaders'> & {
  readonly [Name in 'requestHeaders' | 'responseHeaders']: DeliveryOutcome[Name] | JsonText;
};
