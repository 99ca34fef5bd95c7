/**
 * In: a schema of the contract. Out: a value that fits it, made of the examples that its fields carry and, where a field
 * has none, of what its name means everywhere, for readers of the OpenAPI document. Pure.
 */
import { requestIdExample } from './fields.ts';

interface ExampleSchema {
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly ExampleSchema[];
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly items?: ExampleSchema;
  readonly properties?: Readonly<Record<string, ExampleSchema>>;
  readonly minimum?: number;
}

/** A time that every example shares, so that they read as one story. */
export const exampleTime = '2026-03-14T09:26:53.589Z';

const webhookId = 'wh_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d';
const keyId = 'key_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d';
const deliveryId = 'f3a91c07-5d2e-8a5b-8c6d-9e0f1a2b3c4d';

/** One story for all: a name means the same wherever it stands. Taken where it fits the schema. */
const story: Readonly<Record<string, readonly unknown[]>> = {
  actor: [{ kind: 'api_key', id: keyId, name: 'ci' }],
  address: ['203.0.113.7'],
  attempt: [1],
  attemptCount: [1],
  blockedBy: [null],
  clientId: ['acme'],
  consecutiveFailures: [0],
  count: [0],
  createdBy: [keyId],
  deliveryId: [deliveryId],
  deliveryIds: [[deliveryId]],
  disabledAt: [null],
  disabledBy: [null],
  disabledReason: [null],
  error: [null],
  eventId: ['evt-1'],
  eventType: ['order.created'],
  failingSince: [null],
  fallingBehind: [false],
  isActive: [true],
  key: ['whk_7Yq3kPexampleexampleexampleexampleexample'],
  lastFailureAt: [null],
  lastResponseCode: [200],
  latencyMs: [42, { p50: 38, p95: 71, p99: 120 }],
  maxInFlight: [10],
  name: ['Acme'],
  nextAttemptAt: [null],
  nextCursor: [null],
  note: [null],
  objectId: [webhookId],
  lastPingDelivered: [true],
  oldestAgeMs: [null],
  oldestAt: [null],
  pausedSince: [null],
  pausedUntil: [null],
  holdsUntil: [null],
  outcome: ['delivered'],
  payloadContentType: ['application/json'],
  payloadSent: [
    `{"id":"evt-1","type":"order.created","timestamp":"${exampleTime}","data":{"orderId":"o-1","amount":120},"metadata":{"webhookId":"${webhookId}","deliveryId":"${deliveryId}","clientId":"acme"}}`,
  ],
  requestHeaders: [{ 'content-type': 'application/json', 'webhook-id': deliveryId, authorization: '********' }],
  requestId: [requestIdExample],
  responseBodySample: ['ok'],
  responseBodyTruncated: [false],
  responseCode: [200],
  responseHeaders: [{ 'content-type': 'text/plain' }],
  retryPolicy: [{ maxAttempts: 6, baseDelayMs: 5000, maxDelayMs: 86_400_000, backoffFactor: 12, jitter: 0.2 }],
  autoHealGone: [false],
  retryOn: [[]],
  failOn: [[]],
  successCodes: [[]],
  selected: [1],
  targetWebhookId: [null],
  round: ['rs_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'],
  secret: ['whsec_ZXhhbXBsZSBleGFtcGxlIGV4YW1wbGUgZXhhbXBsZSE='],
  sensitivePaths: [['card.number']],
  source: ['/orders'],
  status: ['delivered'],
  subject: [null],
  successRate: [0.998],
  timeoutMs: [5000],
  traceId: ['4bf92f3577b34da6a3ce929d0e0e4736'],
  type: ['order.created'],
  webhookId: [webhookId],
};

/** @param name of the field that it is for; empty: none */
export function exampleOf(schema: object, name = ''): unknown {
  const { examples, enum: words, anyOf, type, format, items, properties, minimum, ...rest } = schema as ExampleSchema;
  if (examples !== undefined) return examples[0];
  const told = Object.hasOwn(story, name) ? story[name]?.find((value) => fits(schema, value)) : undefined;
  if (told !== undefined) return told;
  if ('const' in rest) return rest.const;
  if (words !== undefined) return words[0];
  if (anyOf !== undefined) return exampleOf(likeliestOf(anyOf), name);
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(properties ?? {}).map(([member, field]) => [member, exampleOf(field, member)]),
      );
    case 'array':
      return items === undefined ? [] : [exampleOf(items)];
    case 'string':
      return format === 'date-time' ? exampleTime : noExample;
    case 'integer':
    case 'number':
      return minimum ?? 1;
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** Stands for a text that nobody gave an example of; a test finds it. */
export const noExample = 'text';

/** What is an example by itself, else null where that is allowed: it is true of most objects. */
function likeliestOf(branches: readonly ExampleSchema[]): ExampleSchema {
  const found =
    branches.find(({ examples }) => examples !== undefined) ??
    branches.find(({ type }) => type === 'null') ??
    branches[0];
  return found ?? {};
}

/** By its kind and words alone: enough to tell apart what one name is used for. */
function fits(schema: ExampleSchema, value: unknown): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((branch) => fits(branch, value));
  if (schema.enum !== undefined) return schema.enum.includes(value);
  const kinds = [schema.type ?? []].flat();
  if (kinds.length === 0 || (schema.format !== undefined && value !== null)) return false;
  if (kinds.includes('integer') && Number.isInteger(value)) return true;
  return kinds.includes(kindOf(value));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
