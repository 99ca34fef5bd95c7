/**
 * Checks answers against the OpenAPI document alone, as a stranger would who has nothing else: the status is one that
 * the operation names, the media type too, every field is there and none beyond, the request has an id.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../../libs/api-contract/openapi.ts';
import { problemMediaType } from '../../../libs/api-contract/problem.ts';
import { isTimestamp } from '../../../libs/api-contract/validation.ts';

interface DocumentedResponse {
  readonly content?: Readonly<Record<string, object>>;
}
interface DocumentedOperation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
}
interface Documented {
  readonly method: string;
  readonly path: RegExp;
  readonly operation: DocumentedOperation;
  /** JSON Pointer to the operation. */
  readonly pointer: string;
}

const document = JSON.parse(JSON.stringify(openApiDocument('0.0.0'))) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('date-time', { type: 'string', validate: isTimestamp });
ajv.addSchema(closed(document) as object, 'document');

const documented: readonly Documented[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method,
    path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    operation,
    pointer: `/paths/${token(path)}/${method}`,
  })),
);

/** Operations that gave a good answer so far. */
export const seenOperations = new Set<string>();

export interface ShownAnswer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
  readonly requestId: unknown;
}

/** @throws when an answer of an operation is not what the document says */
export function checkAnswer(method: string, url: string, { status, mediaType, text, requestId }: ShownAnswer): void {
  const path = url.split('?', 1)[0] ?? '';
  if (!path.startsWith('/v1/')) return;
  checkRequestId(`${method} ${path}`, { mediaType, text, requestId });
  const found = documented.find((one) => one.method === method.toLowerCase() && one.path.test(path));
  if (found === undefined) {
    expectFit('#/components/schemas/Problem', text, `${method} ${path}`);
    return;
  }
  const { operationId, responses } = found.operation;
  const response = responses[status];
  if (response === undefined) throw new Error(`${operationId} answered ${status}, which it does not name: ${text}`);
  if (status < 300) seenOperations.add(operationId);
  const types = Object.keys(response.content ?? {});
  if (types.length === 0) {
    if (text !== '') throw new Error(`${operationId} answered ${status} with a body`);
    return;
  }
  if (!types.includes(mediaType)) throw new Error(`${operationId} answered ${status} as '${mediaType}'`);
  // NDJSON is many documents, a stream has none.
  if (!/[/+]json$/.test(mediaType)) return;
  expectFit(
    `#${found.pointer}/responses/${status}/content/${token(mediaType)}/schema`,
    text,
    `${operationId} ${status}`,
  );
}

function checkRequestId(what: string, { mediaType, text, requestId }: Omit<ShownAnswer, 'status'>): void {
  if (typeof requestId !== 'string' || requestId === '') throw new Error(`${what} was answered without x-request-id`);
  if (mediaType !== problemMediaType) return;
  const problem = JSON.parse(text) as { requestId?: unknown };
  if (problem.requestId !== requestId) throw new Error(`${what}: the problem does not name ${requestId}: ${text}`);
}

const validators = new Map<string, ValidateFunction>();

function expectFit(pointer: string, text: string, what: string): void {
  const validator = validators.get(pointer) ?? ajv.compile({ $ref: `document${pointer}` });
  validators.set(pointer, validator);
  if (!validator(JSON.parse(text))) {
    throw new Error(`${what}: ${ajv.errorsText(validator.errors)} in ${text.slice(0, 500)}`);
  }
}

function token(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** The schema with every object that names its members refusing others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const isOpen =
    'properties' in members &&
    !('additionalProperties' in members) &&
    Object.keys(members['properties'] as object).length > 0;
  return isOpen ? { ...members, additionalProperties: false } : members;
}
