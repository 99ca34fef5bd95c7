import { describe, expect, test } from '@jest/globals';
import { openApiDocument } from './openapi.ts';
import { allOperations } from './operations.ts';
import { problemCodes } from './problem-codes.ts';

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  readonly responses: Readonly<Record<string, { description: string; content?: Record<string, unknown> }>>;
}

const document = openApiDocument('1.2.3') as {
  readonly openapi: string;
  readonly info: { version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
};
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test('every operation is in it', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  expect(described.map(({ operation }) => operation.operationId).toSorted()).toEqual(
    allOperations.map(({ id }) => id).toSorted(),
  );
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
      expect(headers).toEqual(method === 'post' ? ['Idempotency-Key'] : []);
    });

    test('answers well once, and with problems that are known', () => {
      const statuses = Object.keys(operation.responses).map(Number);
      expect(statuses.filter((status) => status < 300)).toHaveLength(1);
      const known = new Set(Object.values(problemCodes).map(({ status }): number => status));
      expect(statuses.filter((status) => status >= 300 && !known.has(status))).toEqual([]);
      expect(statuses).toEqual(expect.arrayContaining([401, 403, 422, 500, 503]));
    });

    test('has an example of what it takes', () => {
      const json = operation.requestBody?.content['application/json'];
      if (json !== undefined) expect(json.example).toBeDefined();
    });
  },
);
