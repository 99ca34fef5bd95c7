/** Nothing of a body is read before route, key, role, size and media type are known to be right, however a path is written. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { newClient, startWorld, type World } from './api-world.ts';

let world: World;
let port: number;
let client: { id: string; key: string };
let publisherKey: string;

beforeAll(async () => {
  world = await startWorld();
  client = await newClient(world);
  const publisher = await world.ask('POST /v1/api-keys', { body: { name: 'billing', role: 'publisher' } });
  publisherKey = String(publisher.body['key']);
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  port = Number(new URL(await world.app.getUrl()).port);
}, 120_000);

afterAll(async () => {
  await world.close();
});

const mebibyte = 1_048_576;
const waitMs = 5_000;

interface Head {
  readonly line: string;
  readonly key?: string;
  readonly headers?: readonly string[];
}

function send({ line, key, headers = [] }: Head): { socket: Socket; answered: Promise<string>; closed: Promise<void> } {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  const answer = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    answer.reject(new Error(`no answer to ${line}`));
    socket.destroy();
  }, waitMs);
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
    if (!received.includes('\r\n\r\n')) return;
    clearTimeout(timer);
    answer.resolve(received);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(timer);
    answer.resolve(received);
    closed.resolve(undefined);
  });
  const authorization = key === undefined ? [] : [`Authorization: Bearer ${key}`];
  socket.write([`${line} HTTP/1.1`, 'Host: a', ...authorization, ...headers, '', ''].join('\r\n'));
  return { socket, answered: answer.promise, closed: closed.promise };
}

/** The status of the answer to a head alone: a server that waits for the body gives none. */
async function statusOf(head: Head): Promise<number> {
  const { socket, answered } = send(head);
  const status = Number((await answered).split(' ', 2)[1]);
  socket.destroy();
  return status;
}

const json = 'Content-Type: application/json';
const announced = [json, `Content-Length: ${13 * mebibyte}`];
const chunked = [json, 'Transfer-Encoding: chunked'];

const encodedOnce = (path: string) => path.replace('/v1', '/%761');
const spellings: Readonly<Record<string, (path: string) => string>> = {
  plain: (path) => path,
  'one letter encoded': encodedOnce,
  'every letter encoded': (path) =>
    path.replaceAll(/\w/g, (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`),
  'encoded twice': (path) => path.replace('/v1', '/%25761'),
  'slashes doubled': (path) => path.replaceAll('/', '//'),
  'dot segments': (path) => `/x/..${path}`,
  'encoded dot segments': (path) => `/%2e%2e/.${path}`,
  'a slash at the end': (path) => `${path}/`,
  'upper case': (path) => path.toUpperCase(),
  'the absolute form': (path) => `http://a${path}`,
  'the absolute form, one letter encoded': (path) => `http://a${encodedOnce(path)}`,
  'a semicolon': (path) => `${path};x=1`,
  'a query': (path) => `${path}?a=/v1/`,
};

const withBody = allOperations.filter(({ method }) => method !== 'get');

test.each(Object.keys(spellings))('a caller without a key is refused before its body comes: %s', async (name) => {
  const asked = withBody.flatMap(({ id, method, path }) => {
    const target = spellings[name]?.(path.replaceAll(/\{\w+\}/g, 'a')) ?? '';
    return [announced, chunked].map((headers) => ({ id, headers, line: `${method.toUpperCase()} ${target}` }));
  });
  const statuses = await Promise.all(asked.map(async ({ id, ...head }) => [id, await statusOf(head)] as const));
  expect(statuses.filter(([, status]) => status !== 401 && status !== 404 && status !== 400)).toEqual([]);
  if (name === 'plain' || name.includes('one letter')) {
    expect(statuses.filter(([, status]) => status !== 401)).toEqual([]);
  }
});

/** Routes that are open to everybody: they are read only. */
const open = [
  '/openapi.json',
  '/docs',
  '/docs/start.js',
  '/favicon.ico',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/',
];

test.each(Object.keys(spellings))('no route that is open to everybody waits for a body: %s', async (name) => {
  const lines = open.flatMap((path) =>
    ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [method, path] as const),
  );
  const statuses = await Promise.all(
    lines.map(async ([method, path]) => {
      const line = `${method} ${spellings[name]?.(path) ?? ''}`;
      return [line, await statusOf({ line, headers: announced })] as const;
    }),
  );
  const isReading = (line: string) => /^(GET|HEAD) /.test(line);
  const accepted = statuses.filter(([line, status]) => !isReading(line) && status < 400);
  expect([accepted, statuses.filter(([, status]) => status >= 500)]).toEqual([[], []]);
});

/** Every operation, with a caller that may not call it: nobody, a key that is none, a key of another role. */
const refusedCallers = [
  ['nobody', () => undefined],
  ['a key that is none', () => 'whk_none'],
  ['another role', () => publisherKey],
] as const;

describe.each(refusedCallers)('%s', (caller, keyOf) => {
  test.each(Object.keys(spellings))('is refused on every route before a body comes: %s', async (name) => {
    const asked = allOperations
      .filter(({ roles }) => caller !== 'another role' || !roles.includes('publisher'))
      .map(({ id, method, path }) => {
        const target = spellings[name]?.(path.replaceAll(/\{\w+\}/g, 'a')) ?? '';
        return { id, line: `${method.toUpperCase()} ${target}` };
      });
    const key = keyOf();
    const statuses = await Promise.all(
      asked.map(async ({ id, line }) => {
        const head = { line, headers: announced, ...(key === undefined ? {} : { key }) };
        return [id, await statusOf(head)] as const;
      }),
    );
    expect(statuses.filter(([, status]) => ![400, 401, 403, 404].includes(status))).toEqual([]);
  });
});

test('a refusal costs no more than twice the plain one, however the path is written', async () => {
  const body = `{"events":[${'{"id":"1"},'.repeat(50_000)}{}]}`;
  const headers = [json, `Content-Length: ${body.length}`];
  const cost = async (name: string) => {
    const before = process.cpuUsage();
    for (const { method, path } of withBody) {
      const target = spellings[name]?.(path.replaceAll(/\{\w+\}/g, 'a')) ?? '';
      const { socket, answered } = send({ line: `${method.toUpperCase()} ${target}`, headers });
      socket.write(body);
      expect(await answered).toMatch(/^HTTP\/1\.1 4/);
      socket.destroy();
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / withBody.length;
  };
  // Of each the best of some rounds in turn, of more where the machine is busy: what else the process does is not theirs.
  const best = new Map<string, number>();
  const dear = () => [...best].filter(([, microseconds]) => microseconds > 2 * (best.get('plain') ?? 0));
  for (let round = 0; round < 5 || (round < 20 && dear().length > 0); round += 1) {
    for (const name of Object.keys(spellings)) {
      best.set(name, Math.min(best.get(name) ?? Infinity, await cost(name)));
    }
  }
  expect(dear()).toEqual([]);
}, 120_000);

describe('a caller with a key is refused before its body comes', () => {
  test.each([
    ['a role that may not', 'POST /v1/events', 403],
    ['another client', 'PATCH /v1/clients/other', 404],
    ['a body over 1 MiB', 'POST /v1/webhooks', 413],
    ['a route of nobody', 'POST /v1/nothing', 404],
  ])('%s', async (_, line, status) => {
    expect(await statusOf({ line, key: client.key, headers: announced })).toBe(status);
  });

  test('another media type', async () => {
    const headers = ['Content-Type: text/plain', 'Content-Length: 1000'];
    expect(await statusOf({ line: 'POST /v1/webhooks', key: client.key, headers })).toBe(415);
  });

  test('more than 16 MiB of events', async () => {
    const headers = [json, `Content-Length: ${16 * mebibyte + 1}`];
    expect(await statusOf({ line: 'POST /v1/events', key: world.adminKey, headers })).toBe(413);
  });
});

test('a body that does not say how long it is is cut off at the limit', async () => {
  const { socket, answered, closed } = send({ line: 'POST /v1/webhooks', key: client.key, headers: chunked });
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  for (let sent = 0; sent < 40 && !socket.destroyed; sent += 1) socket.write(chunk);
  expect(await answered).toMatch(/^HTTP\/1\.1 413 /);
  await closed;
});

test('what is sent on after a refusal is dropped up to a bound, then the connection ends', async () => {
  const { socket, answered, closed } = send({ line: 'POST /v1/events', headers: announced });
  expect(await answered).toMatch(/^HTTP\/1\.1 401 /);
  const sending = setInterval(() => socket.write('x'.repeat(1_000)), 20);
  await closed;
  clearInterval(sending);
  expect(socket.bytesWritten).toBeLessThan(3 * mebibyte);
});

test('after a refusal whose body is short the connection is used again', async () => {
  const { socket, answered } = send({ line: 'POST /v1/events', headers: [json, 'Content-Length: 2'] });
  expect(await answered).toMatch(/^HTTP\/1\.1 401 /);
  const next = new Promise<string>((resolve) => socket.once('data', resolve));
  socket.write('{}GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await next).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
});

test('a client that asks is told to send its body only when it is about to be read', async () => {
  const expecting = [json, 'Content-Length: 2', 'Expect: 100-continue'];
  expect(await statusOf({ line: 'POST /v1/clients', headers: expecting })).toBe(401);
  const { socket, answered } = send({ line: 'POST /v1/clients', key: world.adminKey, headers: expecting });
  expect(await answered).toMatch(/^HTTP\/1\.1 100 /);
  const next = new Promise<string>((resolve) => socket.once('data', resolve));
  socket.write('{}');
  expect(await next).toMatch(/^HTTP\/1\.1 422 /);
  socket.destroy();
});
