/** Schemas that have a name of their own in the OpenAPI document: what generated clients call them. */
import { auditEntrySchema, erasureSchema } from './audit.ts';
import { apiKeySchema, clientSchema } from './clients.ts';
import { attemptSchema, deliveryDetailSchema, deliverySchema } from './deliveries.ts';
import { eventTypeSchema } from './event-types.ts';
import { cloudEventSchema, eventDetailSchema, eventSchema, listedEventSchema, newEventSchema } from './events.ts';
import { allOperations } from './operations.ts';
import { fieldProblemSchema, problemSchema } from './problem.ts';
import { rejectedEventSchema } from './rejected-events.ts';
import { replaySchema } from './replays.ts';
import { searchHitSchema } from './search.ts';
import { settingsSchema } from './settings.ts';
import { statsSchema } from './stats.ts';
import { streamedOutcomeSchema } from './stream.ts';
import { systemSchema } from './system.ts';
import { healthSchema } from './webhook-checks.ts';
import { changedWebhookSchema, shownWebhookSchema } from './webhooks.ts';

const ownNames: Readonly<Record<string, object>> = {
  ApiKey: apiKeySchema,
  Attempt: attemptSchema,
  AuditEntry: auditEntrySchema,
  AuditErasure: erasureSchema,
  ChangedWebhook: changedWebhookSchema,
  Client: clientSchema,
  CloudEvent: cloudEventSchema,
  Delivery: deliverySchema,
  DeliveryDetail: deliveryDetailSchema,
  Event: eventSchema,
  EventDetail: eventDetailSchema,
  EventType: eventTypeSchema,
  FieldProblem: fieldProblemSchema,
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

/** Answers that have no schema of their own, pages among them: by operation. */
const answerNames: Readonly<Record<string, string>> = {
  countDeliveries: 'DeliveryCount',
  createClientKey: 'CreatedApiKey',
  createOperatorKey: 'CreatedApiKey',
  createOwnSession: 'PortalSession',
  createPortalSession: 'PortalSession',
  createWebhook: 'CreatedWebhook',
  getCaller: 'Caller',
  listAudit: 'AuditEntryPage',
  listClientKeys: 'ApiKeyPage',
  listClients: 'ClientPage',
  listDeliveries: 'DeliveryPage',
  listErasures: 'AuditErasurePage',
  listEvents: 'EventPage',
  listEventTypes: 'EventTypePage',
  listOperatorKeys: 'ApiKeyPage',
  listReplays: 'ReplayPage',
  listSecrets: 'SecretList',
  listWebhookDeliveries: 'DeliveryPage',
  listWebhooks: 'WebhookPage',
  pingWebhook: 'PingResult',
  publishEvents: 'AcceptedEvents',
  renewSession: 'PortalSession',
  resendDelivery: 'ResentDelivery',
  rotateSecret: 'RotatedSecret',
  search: 'SearchHitList',
  sendTestEvent: 'SentTestEvent',
  testFilter: 'FilterTestResult',
};

/** By schema. The same one made twice, as for keys of clients and of operators, has one name. */
const names = new Map<unknown, string>();
/** What the document lists as its components. */
const components = new Map<string, object>();

function name(schema: object, wanted: string): void {
  const known = [...components].find(([, other]) => JSON.stringify(other) === JSON.stringify(schema))?.[0] ?? wanted;
  names.set(schema, known);
  if (!components.has(known)) components.set(known, schema);
}

for (const [wanted, schema] of Object.entries(ownNames)) name(schema, wanted);
for (const { id, body, answer } of allOperations) {
  // As generators do where there is no name: `createWebhook` takes a `CreateWebhookRequest`.
  if (hasFields(body)) name(body, `${id.charAt(0).toUpperCase()}${id.slice(1)}Request`);
  const answerName = answerNames[id];
  if (answer.schema !== null && answerName !== undefined) name(answer.schema, answerName);
}

export const namedSchemas: Readonly<Record<string, object>> = Object.fromEntries(
  [...components].toSorted(([a], [b]) => (a < b ? -1 : 1)),
);

/** False for what takes nothing, or anything. */
function hasFields(schema: object): boolean {
  return 'anyOf' in schema || ('properties' in schema && Object.keys(schema.properties as object).length > 0);
}

/** The schema as it is published: with references in place of named schemas within it, and of itself. */
export function withReferences(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const known = names.get(schema);
  return known === undefined ? withReferencesInside(schema) : { $ref: `#/components/schemas/${known}` };
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
