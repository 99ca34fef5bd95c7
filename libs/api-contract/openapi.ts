/** The API as an OpenAPI 3.1 document, made from the same operations that validate and route. */
import type { TObject, TSchema } from 'typebox';
import { exampleOf } from './example.ts';
import {
  etagHeader,
  idempotencyKeyHeader,
  ifMatchHeader,
  requestIdExample,
  requestIdHeader,
  retryAfterHeader,
} from './fields.ts';
import { namedSchemas, withReferences, withReferencesInside } from './named-schemas.ts';
import type { Operation } from './operation.ts';
import { allOperations } from './operations.ts';
import { commonProblemCodes, problemCodes, type ProblemCode } from './problem-codes.ts';
import { problemDocument, problemMediaType } from './problem.ts';
import { tagDescriptions } from './tag-descriptions.ts';

/** @param version of the product */
export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of allOperations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'DeeperHub Webhooks',
      version,
      description,
      contact: { name: 'Whoever runs this installation' },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    tags: [...new Set(allOperations.map(({ tag }) => tag))].map((name) => ({
      name,
      description: tagDescriptions[name],
    })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, or the token of a portal session.' },
      },
      schemas: Object.fromEntries(
        Object.entries(namedSchemas).map(([name, schema]) => [name, withReferencesInside(schema)]),
      ),
    },
  };
}

const description =
  'Webhooks for clients: subscribe endpoints to events, see every delivery and attempt, send again. ' +
  'Times are RFC 3339 in UTC. Lists come in pages: pass `nextCursor` as `cursor`. ' +
  'Every POST takes an `Idempotency-Key`. Problems are RFC 9457 documents with a stable `code`. ' +
  'A header or field that looks like a credential is shown as `********`.';

function operationObject(operation: Operation): object {
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: `${operation.description}\n\nRoles: ${operation.roles.join(', ')}.${needsOf(operation)}`.trim(),
    parameters: parametersOf(operation),
    ...requestBodyOf(operation),
    responses: responsesOf(operation),
  };
}

function needsOf({ needs, roles }: Operation): string {
  return needs === null || !roles.includes('client') ? '' : ` Needs the capability \`${needs}\`.`;
}

function parametersOf(operation: Operation): object[] {
  const { pattern, ...header } = idempotencyKeyHeader;
  return [
    ...parameters(operation.params, 'path'),
    ...parameters(operation.query, 'query'),
    ...operation.headers.map((one) => ({ ...one, in: 'header', required: false })),
    ...(operation.method === 'post' ? [{ ...header, in: 'header', schema: { type: 'string', pattern } }] : []),
    ...(operation.isConditional ? [{ ...ifMatchHeader, in: 'header', schema: { type: 'string' } }] : []),
  ];
}

function parameters(schema: TObject, place: 'path' | 'query'): object[] {
  const required = (schema as { required?: readonly string[] }).required ?? [];
  return Object.entries(schema.properties).map(([name, property]) => {
    const { description: text, ...rest } = property as TSchema & { description?: string };
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(text === undefined ? {} : { description: text }),
      schema: withReferences(rest),
    };
  });
}

function requestBodyOf(operation: Operation): object {
  const isEmpty = 'properties' in operation.body && Object.keys(operation.body.properties as object).length === 0;
  if (operation.method === 'get' || operation.method === 'delete' || (isEmpty && operation.example === null)) return {};
  return {
    requestBody: {
      required: operation.isBodyRequired,
      content: {
        'application/json': {
          schema: withReferences(operation.body),
          ...(operation.example === null ? {} : { example: operation.example }),
        },
        ...Object.fromEntries(
          operation.otherBodies.map(({ mediaType, schema, example }) => [
            mediaType,
            { schema: withReferences(schema), example },
          ]),
        ),
      },
    },
  };
}

function responsesOf(operation: Operation): Record<string, object> {
  const { status, schema, description: text, mediaType } = operation.answer;
  const responses: Record<string, object> = {
    [status]: {
      description: text,
      headers: { ...requestIdHeader, ...(operation.isVersioned ? etagHeader : {}) },
      ...(schema === null ? {} : { content: { [mediaType]: answerOf(schema) } }),
    },
  };
  for (const [problemStatus, codes] of problemsByStatus(operation)) {
    responses[problemStatus] = {
      description: codes.map((code) => `\`${code}\`: ${problemCodes[code].meaning}`).join('\n\n'),
      headers: { ...requestIdHeader, ...(passingStatuses.includes(problemStatus) ? retryAfterHeader : {}) },
      content: {
        [problemMediaType]: {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(
            codes.map((code) => [
              code,
              { value: problemDocument(code, problemCodes[code].meaning, { requestId: requestIdExample }) },
            ]),
          ),
        },
      },
    };
  }
  return responses;
}

/** Of what passes by itself: the answer says when to try again. */
const passingStatuses: readonly number[] = [429, 503];

function answerOf(schema: TSchema): object {
  return { schema: withReferences(schema), example: exampleOf(schema) };
}

function problemsByStatus(operation: Operation): Map<number, ProblemCode[]> {
  const codes: ProblemCode[] = [...commonProblemCodes, ...operation.problems];
  if (operation.method !== 'get') codes.push('malformed_json', 'payload_too_large', 'unsupported_media_type');
  // An id that nothing can have is answered like one that nobody has.
  if (Object.keys(operation.params.properties).length > 0) codes.push('not_found');
  if (operation.isConditional) codes.push('precondition_failed');
  if (operation.method === 'post')
    codes.push('idempotency_in_progress', 'idempotency_answer_lost', 'idempotency_key_reused');
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    // Whoever is answered nothing reads any type.
    if (code === 'not_acceptable' && operation.answer.schema === null) continue;
    const { status } = problemCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b));
}
