import { describe, expect, test } from '@jest/globals';
import { createClient } from './clients.ts';
import { listDeliveries } from './deliveries.ts';
import type { Operation } from './operation.ts';
import { allOperations } from './operations.ts';
import { publishEvents } from './events.ts';
import type { FieldProblem } from './problem.ts';
import { createReplay } from './replays.ts';
import { InputValidator, isTimestamp } from './validation.ts';
import { createWebhook, listWebhooks, updateWebhook } from './webhooks.ts';

const webhook = { url: 'https://example.com', eventTypes: ['order.*'] };

function validated(operation: Operation, input: { query?: object; body?: unknown }): readonly FieldProblem[] {
  const query = { ...input.query } as Record<string, unknown>;
  const params = Object.fromEntries(Object.keys(operation.params.properties).map((name) => [name, 'order.created']));
  const result = new InputValidator(operation).validate({ params, query, body: input.body });
  if (result.kind === 'not_found') throw new Error('not found');
  return result.kind === 'valid' ? [] : result.problems;
}

function problemsOf(operation: Operation, input: { query?: object; body?: unknown }): string[] {
  return validated(operation, input).map(({ path, rule }) => `${path} ${rule}`);
}

describe('operations', () => {
  test('have ids and routes of their own', () => {
    const routes = allOperations.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(routes).size).toBe(routes.length);
    expect(new Set(allOperations.map(({ id }) => id)).size).toBe(allOperations.length);
  });

  test.each(
    allOperations.filter(({ example }) => example !== null).map((operation) => [operation.id, operation] as const),
  )('the example of %s is valid', (_, operation) => {
    expect(problemsOf(operation, { body: operation.example })).toEqual([]);
  });

  test.each(allOperations.map((operation) => [operation.id, operation] as const))(
    '%s refuses unknown parameters',
    (_, operation) => {
      const { required = [] } = operation.query as { required?: readonly string[] };
      const query = { ...Object.fromEntries(required.map((name) => [name, 'x'])), surprise: 'x' };
      expect(problemsOf(operation, { query, body: operation.example ?? {} })).toEqual(['/surprise unknown']);
    },
  );
});

describe('bodies', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing', undefined, [' required']],
    ['a text', 'x', [' type']],
    ['a list', [], [' type']],
    ['null', null, [' type']],
    ['nothing in it', {}, ['/url required', '/eventTypes required']],
    ['an unknown field', { ...webhook, a: 1, 'b/c': 2 }, ['/a unknown', '/b~1c unknown']],
    [
      'a name of the prototype',
      JSON.parse('{"url":"https://a.example","eventTypes":["*"],"__proto__":{}}'),
      ['/__proto__ unknown'],
    ],
    ['wrong kinds', { url: 1, eventTypes: 'x' }, ['/url type', '/eventTypes type']],
    ['empty lists', { ...webhook, eventTypes: [] }, ['/eventTypes minItems']],
    ['the same twice', { ...webhook, eventTypes: ['a', 'a'] }, ['/eventTypes uniqueItems']],
    [
      'a bad pattern',
      { ...webhook, eventTypes: ['a', '*.b', 'a*', ''] },
      ['/eventTypes/1 pattern', '/eventTypes/2 pattern', '/eventTypes/3 pattern'],
    ],
    [
      '#42 types as producers name them, and none that a list could not hold',
      {
        ...webhook,
        eventTypes: [
          'com.acme.Order$Created',
          'pedido-criado',
          'größe.geändert',
          '/orders#1',
          '注文.*',
          'Pedido Criado',
          'a,b',
          '.*',
        ],
      },
      ['/eventTypes/5 pattern', '/eventTypes/6 pattern', '/eventTypes/7 pattern'],
    ],
    [
      'numbers out of range',
      { ...webhook, timeoutMs: 99, maxInFlight: 0.5 },
      ['/maxInFlight type', '/timeoutMs minimum'],
    ],
    ['a nested unknown field', { ...webhook, retryPolicy: { attempts: 1 } }, ['/retryPolicy/attempts unknown']],
    ['a nested wrong kind', { ...webhook, retryPolicy: { maxAttempts: '1' } }, ['/retryPolicy/maxAttempts type']],
    ['no choice', { ...webhook, format: 'yaml', ordering: 1 }, ['/ordering enum', '/format enum']],
    [
      'items of several kinds, each wrong in its own way',
      { ...webhook, retryOn: [404, 200, '2xx', '4xx', true] },
      ['/retryOn/1 minimum', '/retryOn/2 enum', '/retryOn/4 enum'],
    ],
    ['neither of two kinds', { ...webhook, filter: 'x' }, ['/filter type']],
    [
      'header values that are no text',
      { ...webhook, headers: { a: 1, 'b\nc': 2 } },
      ['/headers/a type', '/headers/b\nc type'],
    ],
    ['control characters', { ...webhook, description: 'a\u0000b' }, ['/description pattern']],
    ['half a character', { ...webhook, description: 'a\ud800b' }, ['/description pattern']],
  ])('%s', (_, body, expected) => {
    expect(problemsOf(createWebhook, { body })).toEqual(expected);
  });

  test('null is told from absent', () => {
    expect(problemsOf(updateWebhook, { body: { description: null, filter: null, headers: null } })).toEqual([]);
    expect(problemsOf(updateWebhook, { body: { url: null, eventTypes: null } })).toEqual([
      '/url type',
      '/eventTypes type',
    ]);
  });

  test.each<[string, unknown, string[]]>([
    ['one event', { type: 'a' }, []],
    ['a list', [{ type: 'a' }, { type: 'b', data: null }], []],
    ['no event', [], [' minItems']],
    ['too many', Array.from({ length: 501 }, () => ({ type: 'a' })), [' maxItems']],
    ['a bad one among good ones', [{ type: 'a' }, { typ: 'b' }], ['/1/type required', '/1/typ unknown']],
    ['one that is wrong', { type: 'a', time: 'yesterday' }, ['/time format']],
    ['neither', 'x', [' type']],
  ])('published: %s', (_, body, expected) => {
    expect(problemsOf(publishEvents, { body })).toEqual(expected);
  });

  test('fields are checked beyond their schema when it holds, and all problems come together', () => {
    const check = () => [{ path: '', rule: 'scheme', message: 'no' }];
    const validator = new InputValidator(createWebhook, { url: check });
    const result = (body: unknown) => {
      const validated = validator.validate({ params: {}, query: {}, body });
      return validated.kind === 'invalid' ? validated.problems.map(({ path, rule }) => `${path} ${rule}`) : [];
    };
    expect(result({ url: 'ftp://a' })).toEqual(['/eventTypes required', '/url scheme']);
    expect(result({ url: 1, eventTypes: ['a'] })).toEqual(['/url type']);
  });
});

test.each([
  [{ limit: '0' }, ['/limit minimum']],
  [{ limit: '251' }, ['/limit maximum']],
  [{ limit: 'ten' }, ['/limit type']],
  [{ limit: '' }, ['/limit type']],
  [{ limit: ['1', '2'] }, ['/limit type']],
  [{ isActive: 'yes' }, ['/isActive type']],
  [{ isActive: 'true', limit: '250' }, []],
])('query %j', (query, expected) => {
  expect(problemsOf(listWebhooks, { query })).toEqual(expected);
});

test.each([
  ['2026-03-14T09:26:53Z', true],
  ['2026-03-14t09:26:53.123456+05:30', true],
  ['2028-02-29T00:00:00Z', true],
  ['2026-02-29T00:00:00Z', false],
  ['2026-13-01T00:00:00Z', false],
  ['2026-03-14T24:00:01Z', false],
  ['2026-03-14', false],
  ['2026-03-14T09:26:53', false],
  ['+010000-01-01T00:00:00Z', false],
  ['', false],
])('%s as a time: %s', (text, expected) => {
  expect(isTimestamp(text)).toBe(expected);
});

test.each<[string, Operation, { query?: object; body?: unknown }, string]>([
  ['of a line', createClient, { body: { name: 'a\nb' } }, 'Must be one line of text, without control characters.'],
  [
    'of a text',
    updateWebhook,
    { body: { description: 'a\u0000b' } },
    'Must be text, without control characters but tabs and line ends.',
  ],
  ['of a form', createWebhook, { body: { url: 'https://a', eventTypes: ['a b'] } }, 'A type, a prefix such as'],
  ['of a plus', listDeliveries, { query: { from: '2026-03-14T09:26:53 02:00' } }, 'In a URL its + is written %2B.'],
  [
    'of what a list may be of',
    createReplay,
    { body: { filter: { status: 'x' } } },
    'failed_permanent, a list of them.',
  ],
  ['of a parameter given twice', listWebhooks, { query: { limit: ['1', '2'] } }, 'It is given more than once.'],
])('what is wrong %s is said in words that help', (_, operation, input, words) => {
  expect(validated(operation, input).map(({ message }) => message).join()).toContain(words); // prettier-ignore
});

test.each([
  ['more errors than are told', 600],
  ['more values than are judged whole', 25_000],
])('of a body with %s, no check is asked about a field whose schema may not hold', (_, count) => {
  const asked: unknown[] = [];
  const check = (value: unknown) => {
    asked.push(value);
    return [];
  };
  const validator = new InputValidator(updateWebhook, { description: check, ordering: check });
  const eventTypes = Array.from({ length: count }, () => '?');
  const body = { eventTypes, ordering: 7 };
  expect(validator.validate({ params: { id: 'x' }, query: {}, body }).kind).toBe('invalid');
  expect(asked).toEqual([]);
});
