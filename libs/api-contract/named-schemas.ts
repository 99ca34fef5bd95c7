/** Schemas that have a name of their own in the OpenAPI document: what generated clients call them. */
import { auditEntrySchema, erasureSchema } from './audit.ts';
import { erasedEventSchema } from './event-erasure.ts';
import { leavingSchema } from './client-leaving.ts';
import { apiKeySchema, clientSchema } from './clients.ts';
import { attemptSchema, deliveryDetailSchema, deliverySchema } from './deliveries.ts';
import { importedTypeSchema } from './event-type-imports.ts';
import { fieldWarningSchema } from './event-type-warnings.ts';
import { eventTypeSchema, putEventTypeSchema } from './event-types.ts';
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
import { healthBesideSchema } from './webhook-health.ts';
import { rewindSchema } from './webhook-rewind.ts';
import { changedWebhookSchema, disabledWebhookSchema, shownWebhookSchema } from './webhooks.ts';

const ownNames: Readonly<Record<string, object>> = {
  ApiKey: apiKeySchema,
  Attempt: attemptSchema,
  AuditEntry: auditEntrySchema,
  AuditErasure: erasureSchema,
  ChangedWebhook: changedWebhookSchema,
  DisabledWebhook: disabledWebhookSchema,
  Client: clientSchema,
  ClientLeaving: leavingSchema,
  CloudEvent: cloudEventSchema,
  Delivery: deliverySchema,
  DeliveryDetail: deliveryDetailSchema,
  Event: eventSchema,
  EventDetail: eventDetailSchema,
  EventErasure: erasedEventSchema,
  EventInput: newEventSchema,
  EventType: eventTypeSchema,
  ImportedEventType: importedTypeSchema,
  FieldWarning: fieldWarningSchema,
  ChangedEventType: putEventTypeSchema,
  FieldProblem: fieldProblemSchema,
  ListedEvent: listedEventSchema,

  Problem: problemSchema,
  RejectedEvent: rejectedEventSchema,
  Replay: replaySchema,
  Rewind: rewindSchema,
  SearchHit: searchHitSchema,
  Settings: settingsSchema,
  Stats: statsSchema,
  StreamedOutcome: streamedOutcomeSchema,
  System: systemSchema,
  Webhook: shownWebhookSchema,
  WebhookHealth: healthSchema,
  WebhookHealthSummary: healthBesideSchema,
};

/** Answers that have no schema of their own, pages among them: by operation. */
const answerNames: Readonly<Record<string, string>> = {
  countDeliveries: 'DeliveryCount',
  createClientKey: 'CreatedApiKey',
  createOperatorKey: 'CreatedApiKey',
  createOwnSession: 'PortalSession',
  createPortalSession: 'PortalSession',
  createWebhook: 'CreatedWebhook',
  getAsyncApi: 'AsyncApiDocument',
  getCaller: 'Caller',
  getOpenApi: 'OpenApiDocument',
  importEventTypes: 'EventTypeImport',
  listAudit: 'AuditEntryPage',
  listClientKeys: 'ApiKeyPage',
  listClients: 'ClientPage',
  listDeliveries: 'DeliveryPage',
  listErasures: 'AuditErasurePage',
  listEvents: 'EventPage',
  listEventTypes: 'EventTypePage',
  listOperatorKeys: 'ApiKeyPage',
  listRejectedEvents: 'RejectedEventPage',
  listReplays: 'ReplayPage',
  listSecrets: 'SecretList',
  listWebhookDeliveries: 'DeliveryPage',
  listWebhooks: 'WebhookPage',
  pingWebhook: 'PingResult',
  verifyWebhook: 'VerificationResult',
  publishEvents: 'AcceptedEvents',
  redriveRejectedEvents: 'RedriveResult',
  renewSession: 'PortalSession',
  resendDelivery: 'ResentDelivery',
  rotateSecret: 'RotatedSecret',
  search: 'SearchHitList',
  sendTestEvent: 'SentTestEvent',
  testFilter: 'FilterTestResult',
};

/** By the text of the schema: one that is made twice, or copied to be optional, has one name. */
const names = new Map<string, string>();
/** What the document lists as its components. */
const components = new Map<string, object>();

function name(schema: object, wanted: string): void {
  const text = JSON.stringify(schema);
  if (names.has(text)) return;
  names.set(text, wanted);
  components.set(wanted, schema);
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
  const known = 'type' in schema || 'anyOf' in schema ? names.get(JSON.stringify(schema)) : undefined;
  return known === undefined ? withReferencesInside(schema) : { $ref: `#/components/schemas/${known}` };
}

/** The same, the outermost schema excepted. */
export function withReferencesInside(whole: object): unknown {
  if (Array.isArray(whole)) return whole.map(withReferences);
  const schema = withNullAsType(whole);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) => [
      key,
      key === 'pattern' && typeof value === 'string' ? portablePattern(value) : withReferences(value),
    ]),
  );
}

interface Published {
  readonly type?: unknown;
  readonly enum?: readonly unknown[];
  readonly additionalProperties?: unknown;
}

/** What may be null, as one schema: of a choice with null some generators make what no compiler takes. What has a name stays a choice. */
function withNullAsType(schema: object): object {
  if (!('anyOf' in schema)) return schema;
  const { anyOf, ...rest } = schema;
  const [only, none, ...others] = anyOf as Published[];
  if (only === undefined || none?.type !== 'null' || others.length > 0) return schema;
  // So are those that stumble over an object of anything that may be null.
  if (names.has(JSON.stringify(only)) || only.additionalProperties === true) return schema;
  const type = only.type ?? (only.enum?.every((value) => typeof value === 'string') === true ? 'string' : undefined);
  if (typeof type !== 'string') return schema;
  return { ...only, ...rest, type: [type, 'null'], ...(only.enum === undefined ? {} : { enum: [...only.enum, null] }) };
}

/**
 * Unicode classes mean something else, or nothing, where a pattern is no Unicode pattern, as in many languages that
 * read the document. Lone surrogates are refused all the same; most of those languages cannot even send one.
 */
export function portablePattern(pattern: string): string {
  return pattern.replaceAll('\\p{Cc}', '\\u0000-\\u001f\\u007f-\\u009f').replaceAll('\\p{Cs}', '');
}
