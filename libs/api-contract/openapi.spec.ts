import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { noExample } from './example.ts';
import { openApiDocument } from './openapi.ts';
import { allOperations } from './operations.ts';
import { problemCodes } from './problem-codes.ts';
import { InputValidator, isTimestamp } from './validation.ts';

interface Content {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  readonly responses: Readonly<Record<string, { description: string; content?: Record<string, Content> }>>;
}

const document = openApiDocument('1.2.3') as {
  readonly openapi: string;
  readonly info: { version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
};

// As a reader with any validator sees it: formats are no more than what this one knows.
const ajv = new Ajv2020({ strict: false });
ajv.addFormat('date-time', { type: 'string', validate: isTimestamp });
ajv.addSchema(document, 'document');
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test('every operation is in it', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  expect(described.map(({ operation }) => operation.operationId).toSorted()).toEqual(
    allOperations.map(({ id }) => id).toSorted(),
  );
});

test('every body and every answer that is an object has a name of its own', () => {
  const contents = described.flatMap(({ operation }) => [
    ...Object.entries(operation.requestBody?.content ?? {}),
    ...Object.values(operation.responses).flatMap(({ content = {} }) => Object.entries(content)),
  ]);
  const unnamed = contents.map(([, { schema }]) => schema).filter((schema) => !('$ref' in schema));
  const kinds = unnamed.map((schema: { type?: string; properties?: object }) =>
    schema.type === 'object' ? Object.keys(schema.properties ?? {}).join() : schema.type,
  );
  // What stays: nothing to send, lines of text, and lists of what has a name.
  expect([...new Set(kinds)].toSorted()).toEqual(['', 'array', 'string']);
});

describe.each(described.map((one) => [one.operation.operationId, one] as const))(
  '%s',
  (_, { path, method, operation }) => {
    test('names each parameter of its path', () => {
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      expect(inPath.every(({ required }) => required)).toBe(true);
    });

    test('takes an Idempotency-Key when it is a POST', () => {
      const headers = operation.parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
      expect(headers.filter((name) => name !== 'If-Match')).toEqual([
        ...(allOperations.find(({ id }) => id === operation.operationId)?.headers.map(({ name }) => name) ?? []),
        ...(method === 'post' ? ['Idempotency-Key'] : []),
      ]);
    });

    test('says 412 exactly when it takes If-Match', () => {
      const takesIfMatch = operation.parameters.some(({ name }) => name === 'If-Match');
      expect('412' in operation.responses).toBe(takesIfMatch);
    });

    test('answers well once, and with problems that are known', () => {
      const statuses = Object.keys(operation.responses).map(Number);
      expect(statuses.filter((status) => status < 300)).toHaveLength(1);
      const known = new Set(Object.values(problemCodes).map(({ status }): number => status));
      expect(statuses.filter((status) => status >= 300 && !known.has(status))).toEqual([]);
      expect(statuses).toEqual(expect.arrayContaining([401, 403, 422, 500, 503]));
    });

    test('has an example of what it takes, to be used as it stands', () => {
      const json = operation.requestBody?.content['application/json'];
      if (json === undefined) return;
      const operationHere = allOperations.find(({ id }) => id === operation.operationId);
      if (operationHere === undefined) throw new Error('no such operation');
      const params = Object.fromEntries(Object.keys(operationHere.params.properties).map((name) => [name, 'x']));
      const result = new InputValidator(operationHere).validate({ params, query: {}, body: json.example });
      expect(result).toMatchObject({ kind: 'valid' });
    });

    test('has an example of everything that it answers', () => {
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        for (const [mediaType, { example, examples = {} }] of Object.entries(content)) {
          const shown = [example, ...Object.values(examples).map(({ value }) => value)].filter(
            (one) => one !== undefined,
          );
          expect({ status, mediaType, examples: shown.length }).not.toMatchObject({ examples: 0 });
          if (!mediaType.endsWith('json')) continue;
          const place = `/paths/${token(path)}/${method}/responses/${status}/content/${token(mediaType)}/schema`;
          const fits = ajv.compile({ $ref: `document#${place}` });
          for (const value of shown) {
            expect([status, fits(value), fits.errors]).toEqual([status, true, null]);
            expect(fieldsWithout(value)).toEqual([]);
          }
        }
      }
    });
  },
);

/** A token of a JSON Pointer in a URI fragment. */
function token(name: string): string {
  return encodeURIComponent(name.replaceAll('/', '~1'));
}

/** Fields of an example that nobody gave an example of: give it in the schema, or in the story of example.ts. */
function fieldsWithout(value: unknown, path = ''): readonly string[] {
  if (value === noExample) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => fieldsWithout(member, `${path}/${name}`));
}
