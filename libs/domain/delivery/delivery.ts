/** One attempt to make, as it travels on webhook.deliveries, and its variants that wait, are parked or are dead. */

export type DeliveryKind = 'event' | 'test' | 'ping';
export const triggers = ['first', 'retry', 'manual', 'replay', 'probe'] as const;
export type Trigger = (typeof triggers)[number];
export type ParkedReason = 'backlog' | 'breaker' | 'rate_limit' | 'blocked' | 'paused';

export interface Delivery {
  /** UUID v8, a function of event and webhook (libs/domain/ids.ts). Goes out as the header `webhook-id`. */
  readonly deliveryId: string;
  /** Unix milliseconds under which the history keeps it. Null or left out: its id carries the time ({@link historyIdOf}). */
  readonly eventTime?: number | null | undefined;
  readonly webhookId: string;
  readonly clientId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly kind: DeliveryKind;
  readonly trigger: Trigger;
  /** Empty in the delivery's own round of attempts; the id of the resend or replay that began another. */
  readonly round: string;
  /** Counts from 1 within the round. */
  readonly attempt: number;
  readonly contentType: string;
  /** The exact bytes to sign and send. */
  readonly body: Buffer;
  /** Unix milliseconds at which this round began. */
  readonly createdAt: number;
  /** W3C Trace Context of the event. */
  readonly traceparent: string | null;
}

/** On webhook.retry.<tier>. */
export interface RetryDelivery extends Delivery {
  /** Unix milliseconds before which the attempt is not made. */
  readonly notBefore: number;
}

/** On webhook.deliveries.parked. */
export interface ParkedDelivery extends Delivery {
  readonly parkedAt: number;
  readonly parkedReason: ParkedReason;
  /** Unix milliseconds before which the head of a strict webhook is not tried again; null: at once. */
  readonly notBefore: number | null;
}

/** On webhook.dead. */
export interface DeadDelivery extends Delivery {
  readonly reason: string;
  readonly attemptsMade: number;
  readonly lastResponseCode: number | null;
  readonly lastErrorKind: string | null;
  readonly lastErrorMessage: string | null;
  readonly diedAt: number;
}
