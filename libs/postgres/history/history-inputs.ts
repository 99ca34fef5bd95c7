/**
 * What the history writer hands to PostgreSQL: one composite type a table, made by migrations 0040 and 0185. The columns here are
 * those of the type, in its order.
 */
import type { Columns, RowOf } from '../row-array.ts';

export const eventInput = {
  event_key: 'uuid',
  day_time: 'timestamptz',
  event_id: 'text',
  decisions: 'jsonb',
  event_type: 'text',
  source: 'text',
  subject: 'text',
  client_id: 'text',
  kind: 'text',
  received_at: 'timestamptz',
  data: 'bytea',
  source_topic: 'text',
  source_partition: 'int4',
  source_offset: 'int8',
  traceparent: 'text',
} as const satisfies Columns;

export const deliveryInput = {
  id: 'uuid',
  day_time: 'timestamptz',
  webhook_id: 'text',
  client_id: 'text',
  event_id: 'text',
  event_type: 'text',
  kind: 'text',
  event_key: 'uuid',
  format: 'text',
  created_at: 'timestamptz',
  status: 'text',
  reason: 'text',
  next_attempt_at: 'timestamptz',
  last_attempt_at: 'timestamptz',
  last_round_at: 'timestamptz',
  last_round: 'text',
  last_attempt: 'int4',
  last_latency_ms: 'int4',
  last_response_code: 'int4',
  last_error_kind: 'text',
  message_id: 'uuid',
} as const satisfies Columns;

export const attemptInput = {
  delivery_id: 'uuid',
  round: 'text',
  attempt: 'int4',
  day_time: 'timestamptz',
  round_at: 'timestamptz',
  trigger: 'text',
  started_at: 'timestamptz',
  status: 'text',
  reason: 'text',
  latency_ms: 'int4',
  request_headers: 'json',
  response_code: 'int4',
  response_headers: 'json',
  response_body_sample: 'bytea',
  response_body_truncated: 'bool',
  error_kind: 'text',
  error_message: 'text',
  next_attempt_at: 'timestamptz',
  traceparent: 'text',
} as const satisfies Columns;

export type EventInput = RowOf<typeof eventInput>;
export type DeliveryInput = RowOf<typeof deliveryInput>;
export type AttemptInput = RowOf<typeof attemptInput>;
