/** A platform event as fan-out took it, with its decisions, as it travels on webhook.events. */
import type { PayloadFormat } from '../webhook/webhook.ts';

/**
 * The strongest first: of several about one webhook it counts. `copy`: it would match, and the webhook has a copy of the event that
 * came shortly before. `held`: it would match, and waits until what a rewind sends first is on its way.
 */
export const decisionKinds = ['matched', 'filtered', 'disabled', 'held', 'copy'] as const;
export type DecisionKind = (typeof decisionKinds)[number];

export interface Decision {
  readonly webhookId: string;
  readonly clientId: string;
  readonly decision: DecisionKind;
  /**
   * When matched, and for a copy: that of the event that came before. Of one that is held: fan-out has it in memory, to write it
   * itself. Null otherwise.
   */
  readonly deliveryId: string | null;
  /** Null unless matched, or held in memory. */
  readonly format: PayloadFormat | null;
}

export interface WebhookEvent {
  /** The CloudEvent's id. */
  readonly eventId: string;
  /** UUID v8 of (time, clientId, eventId): the key of the event in the history. */
  readonly eventKey: string;
  readonly eventType: string;
  readonly source: string | null;
  readonly subject: string | null;
  /** The tenant that the event is for; null for a broadcast. */
  readonly clientId: string | null;
  readonly kind: 'event' | 'test';
  /** Unix milliseconds: the CloudEvent's time when within the history's reach, else its record's timestamp. */
  readonly time: number;
  /** Unix milliseconds: the timestamp of its Kafka record. */
  readonly receivedAt: number;
  /** UTF-8 JSON text, sensitive fields masked. */
  readonly data: Buffer;
  readonly decisions: readonly Decision[];
  readonly sourceTopic: string | null;
  readonly sourcePartition: number | null;
  readonly sourceOffset: number | null;
  readonly traceparent: string | null;
}
