/** Indexes that came after the tables that they are of: those may be large. */
import type { WantedIndex } from './concurrent-index.ts';

/** For each filter of the audit log, for the search by trace, for the worst webhooks, and for what housekeeping looks for. */
export const wantedIndexes: readonly WantedIndex[] = [
  { name: 'audit_entry_action', table: 'audit_entry', on: '(action, id desc)' },
  { name: 'audit_entry_actor', table: 'audit_entry', on: '(actor_id, id desc)' },
  { name: 'audit_entry_object_id', table: 'audit_entry', on: '(object_id, id desc)' },
  { name: 'audit_entry_at', table: 'audit_entry', on: '(at)' },
  // Whoever searches by a trace has its id alone, which tells no time. Of events that came without one it has nothing.
  { name: 'event_trace', table: 'event', on: 'using hash (substr(traceparent, 4, 32)) where traceparent is not null' },
  { name: 'notice_mail_sent_at', table: 'notice_mail', on: '(sent_at) where sent_at is not null' },
  // Those that fail, the longest row of failures first: the others are in no order.
  {
    name: 'webhook_health_worst',
    table: 'webhook_health',
    on: '(consecutive_failures desc, webhook_id desc) where consecutive_failures > 0',
  },
  // By hash, as it has no order: a delivery is asked for by the header that its receiver got.
  { name: 'delivery_message_id', table: 'delivery', on: 'using hash (message_id)' },
];
