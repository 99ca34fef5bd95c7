import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createApiClient, dataOf } from './api-client.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let server: Server;
let url: string;
let hasBegun: boolean;

/** Takes every request, and answers none; one of a list it begins to answer. */
beforeEach(async () => {
  server = createServer((request, response) => {
    if (request.method === 'GET') response.writeHead(200, { 'content-type': 'application/json' }).write('[');
    hasBegun = true;
  });
  hasBegun = false;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** What becomes of it while memory is swept again and again. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  const ended = call.then(
    () => 'answered',
    (error: unknown) => error,
  );
  for (let times = 0; times < 100; times += 1) {
    const outcome = await Promise.race([ended, pause(100, null)]);
    if (outcome !== null) return outcome;
    if (hasBegun) collectGarbage();
  }
  return 'hangs';
}

const create = (client: ReturnType<typeof createApiClient>) =>
  dataOf(client.POST('/v1/clients', { body: { name: 'a' } }));

test('a call that gets no answer ends in time', async () => {
  const client = createApiClient({ url, key: 'k', timeoutMs: 1_500 });
  const ended = await outcomeOf(create(client));
  expect(ended).toMatchObject({ code: 'unreachable', message: expect.stringContaining('it took too long') });
});

test('so does one whose answer does not come to its end', async () => {
  const client = createApiClient({ url, key: 'k', timeoutMs: 1_500 });
  const ended = await outcomeOf(dataOf(client.GET('/v1/clients')));
  expect(ended).toMatchObject({ code: 'unreachable', message: expect.stringContaining('it took too long') });
});

test('a signal ends what is under way', async () => {
  const ending = new AbortController();
  const client = createApiClient({ url, key: 'k', signal: ending.signal });
  setTimeout(() => {
    ending.abort();
  }, 1_500);
  expect(await outcomeOf(create(client))).toMatchObject({ name: 'AbortError' });
});
