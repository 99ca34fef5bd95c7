/** Nothing of a body is read before route, key, role, size and media type are known to be right, however a path is written. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { newClient, startWorld, type World } from './api-world.ts';

let world: World;
let port: number;
let client: { id: string; key: string };

beforeAll(async () => {
  world = await startWorld();
  client = await newClient(world);
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
