/** Schemas that have a name of their own in the OpenAPI document: what generated clients call them. */
import { auditEntrySchema, erasureSchema } from './audit.ts';
import { apiKeySchema, clientSchema } from './clients.ts';
import { attemptSchema, deliveryDetailSchema, deliverySchema } from './deliveries.ts';
import { eventTypeSchema } from './event-types.ts';
import { eventDetailSchema, eventSchema, listedEventSchema, newEventSchema } from './events.ts';
import { problemSchema } from './problem.ts';
import { rejectedEventSchema } from './rejected-events.ts';
import { replaySchema } from './replays.ts';
import { searchHitSchema } from './search.ts';
import { settingsSchema } from './settings.ts';
import { statsSchema } from './stats.ts';
import { streamedOutcomeSchema } from './stream.ts';
import { systemSchema } from './system.ts';
import { healthSchema } from './webhook-checks.ts';
import { changedWebhookSchema, shownWebhookSchema } from './webhooks.ts';

export const namedSchemas: Readonly<Record<string, object>> = {
  ApiKey: apiKeySchema,
  Attempt: attemptSchema,
  AuditEntry: auditEntrySchema,
  AuditErasure: erasureSchema,
  ChangedWebhook: changedWebhookSchema,
  Client: clientSchema,
  Delivery: deliverySchema,
  DeliveryDetail: deliveryDetailSchema,
  Event: eventSchema,
  EventDetail: eventDetailSchema,
  EventType: eventTypeSchema,
  ListedEvent: listedEventSchema,
  NewEvent: newEventSchema,
  Problem: problemSchema,
  RejectedEvent: rejectedEventSchema,
  Replay: replaySchema,
  SearchHit: searchHitSchema,
  Settings: settingsSchema,
  Stats: statsSchema,
  StreamedOutcome: streamedOutcomeSchema,
  System: systemSchema,
  Webhook: shownWebhookSchema,
  WebhookHealth: healthSchema,
};

const names = new Map(Object.entries(namedSchemas).map(([name, schema]) => [schema, name]));

/** The schema as it is published: with references in place of named schemas within it, and of itself. */
export function withReferences(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const name = names.get(schema);
  return name === undefined ? withReferencesInside(schema) : { $ref: `#/components/schemas/${name}` };
}

/** The same, the outermost schema excepted. */
export function withReferencesInside(schema: object): unknown {
  if (Array.isArray(schema)) return schema.map(withReferences);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) => [
      key,
      key === 'pattern' && typeof value === 'string' ? portablePattern(value) : withReferences(value),
    ]),
  );
}

/**
 * Unicode classes mean something else, or nothing, where a pattern is no Unicode pattern, as in many languages that
 * read the document. Lone surrogates are refused all the same; most of those languages cannot even send one.
 */
export function portablePattern(pattern: string): string {
  return pattern.replaceAll('\\p{Cc}', '\\u0000-\\u001f\\u007f-\\u009f').replaceAll('\\p{Cs}', '');
}
