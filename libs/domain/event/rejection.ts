/** Why an event (or a delivery of ours) was set aside on platform.events.rejected: the one table of its reasons. */

/** Reason codes are stable: operators filter and alert on them. */
export const rejectionReasons = {
  unparsable:
    'The value is not a CloudEvent: not JSON, not UTF-8, not an object, nested too deep, or Avro or Protobuf that cannot be read',
  unsupported_version: 'specversion is not 1.x',
  missing_id: 'The event has no id',
  missing_type: 'The event has no type',
  invalid_attribute: 'id, type, clientid, source or subject is not text, empty, too long, or has control characters',
  mapping_failed: 'The topic has a mapping (PLATFORM_MAPPINGS), and something that it asks for is not in the record',
  payload_too_large:
    'The value is larger than MAX_PAYLOAD_SIZE_KB, or too large for a record in the format of a webhook',
  no_audience: 'The event has no clientid, and its type is not catalogued as a broadcast',
  unknown_event_type:
    'The type is not in the catalogue, or not visible to the client of the event, and UNKNOWN_EVENT_TYPES is reject',
  schema_violation: "data does not fit the event type's JSON Schema, which is enforced",
  undecodable_delivery:
    'Not an event but a delivery of this system, in webhook.deliveries or its parked lane, that cannot be read',
  internal_error: 'A defect of ours: handling this event failed unexpectedly',
} as const;

export type RejectionReason = keyof typeof rejectionReasons;

export interface Rejection {
  readonly reason: RejectionReason;
  /** For people; names places, never values of the payload. */
  readonly detail: string;
}

/** The attribute that a detail speaks of, by its CloudEvents name; null: of none, or of several. */
export function attributeOf({ reason, detail }: Rejection): string | null {
  if (reason === 'unsupported_version') return 'specversion';
  return /^(id|type|source|subject|clientid) (is|has) /.exec(detail)?.[1] ?? null;
}

/** Of one webhook: the others got the event. */
export function tooLargeForWebhook(webhookId: string, bodyBytes: number): Rejection {
  return { reason: 'payload_too_large', detail: `${bodyBytes} bytes in the format of webhook ${webhookId}` };
}

export function isOfOneWebhook({ reason, detail }: { readonly reason: string; readonly detail: string }): boolean {
  return reason === 'payload_too_large' && /^\d+ bytes in the format of webhook /.test(detail);
}
