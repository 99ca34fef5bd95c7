import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AvroCodec, AvroDecodeError } from './avro-codec.ts';
import { Registry } from './registry.ts';

const v1 = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] };
const v2 = { type: 'record', name: 'R', fields: [...v1.fields, { name: 'b', type: 'int', default: 7 }] };
const older = new AvroCodec<{ a: string }>(v1, 5, { schemaById: () => Promise.resolve(null) }).encode({ a: 'x' });

type Answer = (response: ServerResponse) => void;

const json = (status: number, body: object) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
};
const there = json(200, { schema: JSON.stringify(v1) });
const missing = json(404, { error_code: 40403, message: 'Schema 5 not found' });
const html: Answer = (response) => {
  response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>default backend</h1>');
};

let server: Server;
let answer: Answer = there;
let now = 0;
let told: unknown[] = [];
let registry: Registry;
let codec: AvroCodec<{ a: string; b: number }>;

beforeAll(async () => {
  server = createServer((_request, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  now = 1_000;
  told = [];
  registry = new Registry({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    username: null,
    password: null,
    topicPrefix: '',
    now: () => now,
    onTrouble: (error) => told.push(error),
  });
  codec = new AvroCodec(v2, 9, registry, () => now);
});

describe('a schema that the registry does not have', () => {
  test('one answer of a replica that lags is no verdict', async () => {
    answer = missing;
    await expect(codec.learn(older)).rejects.toThrow('no schema 5 yet');
    expect(codec.knows(older)).toBe(false);
    expect(registry.problem()).toContain('records wait for schema 5');
    expect(told).toHaveLength(1);
    now += 500;
    answer = there;
    await expect(codec.decodeAsync(older)).resolves.toEqual({ a: 'x', b: 7 });
    expect(registry.problem()).toBeNull();
  });

  test('is a verdict once it was said for seconds, and asked for again later', async () => {
    answer = missing;
    await expect(codec.learn(older)).rejects.toThrow();
    now += 3_000;
    await codec.learn(older);
    expect(codec.knows(older)).toBe(true);
    expect(() => codec.decode(older)).toThrow(AvroDecodeError);
    expect(registry.problem()).toBeNull();
    now += 31_000;
    expect(codec.knows(older)).toBe(false);
    // Until it was asked again it is what it was: nobody may take it for a tombstone.
    expect(() => codec.decode(older)).toThrow(AvroDecodeError);
    answer = there;
    await expect(codec.decodeAsync(older)).resolves.toEqual({ a: 'x', b: 7 });
  });

  test('does not hold a stream of garbage for each of its ids', async () => {
    const garbage = (id: number) => Buffer.from([0, 0, 0, 1, id, 1]);
    answer = missing;
    for (const id of [1, 2, 3]) {
      await expect(codec.learn(garbage(id))).rejects.toThrow();
      now += 3_000;
      await codec.learn(garbage(id));
    }
    for (let id = 4; id < 20; id += 1) await codec.learn(garbage(id));
    now += 120_000;
    await expect(codec.learn(garbage(30))).rejects.toThrow();
  });
});

test('a schema that is no Avro makes its records unreadable, not the stream', async () => {
  answer = json(200, { schema: '{"type":"nonsense"}' });
  await codec.learn(older);
  expect(() => codec.decode(older)).toThrow(AvroDecodeError);
  expect(registry.problem()).toBeNull();
});

test.each<[string, Answer]>([
  ['a page of an ingress', html],
  ['a 404 of the registry that speaks of something else', json(404, { error_code: 40401, message: 'no subject' })],
  ['a login that is refused', json(401, { error_code: 401, message: 'unauthorized' })],
  ['a server that fails', json(500, { error_code: 50001, message: 'store' })],
])('%s is no verdict, however long it lasts, and is told at once', async (_what, trouble) => {
  answer = trouble;
  for (let tries = 0; tries < 2; tries += 1) {
    await expect(codec.learn(older)).rejects.toThrow();
    expect(codec.knows(older)).toBe(false);
    expect(registry.problem()).toContain('records wait for schema 5');
    now += 60_000;
  }
  expect(told).toHaveLength(2);
  // Nobody waits for it any more.
  expect(registry.problem()).toBeNull();
  answer = there;
  await expect(codec.decodeAsync(older)).resolves.toEqual({ a: 'x', b: 7 });
});

test('#10 a schema whose defaults do not fit is handed out', async () => {
  const fields = [{ name: 'a', type: ['null', 'int'], default: 0 }];
  answer = json(200, { schema: JSON.stringify({ type: 'record', name: 'R', fields }) });
  await expect(registry.schemaById(5)).resolves.toMatchObject({ fields: [{ name: 'a', type: ['null', 'int'] }] });
});

describe('a token', () => {
  const withToken = (token: () => Promise<string>) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new Registry({ url, username: null, password: null, topicPrefix: '', token, now: () => now });
  };

  test('goes with each request', async () => {
    const seen: unknown[] = [];
    answer = (response) => {
      seen.push(response.req.headers.authorization);
      missing(response);
    };
    await expect(withToken(() => Promise.resolve('abc')).schemaById(5)).rejects.toThrow('no schema 5 yet');
    // Of the client of the registry, and of the second look at its answer.
    expect(seen).toEqual(['Bearer abc', 'Bearer abc']);
  });

  test('that is not to be had says nothing of the schema', async () => {
    const asked = withToken(() => Promise.reject(new Error('the provider is away'))).schemaById(5);
    await expect(asked).rejects.not.toBeInstanceOf(AvroDecodeError);
    await expect(asked).rejects.toThrow('no token: the provider is away');
  });
});
