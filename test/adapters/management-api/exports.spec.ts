/** Exports over real connections: a reader that stops reading, or a key that is revoked, holds no place. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { until } from '../../support/until.ts';
import { newClient, startWorld, type World } from './api-world.ts';

let world: World;
let url: string;
const sockets: Socket[] = [];

/** More than what fits between a server and a reader that reads nothing. */
const entries = 30_000;
const entryBytes = 2_000;

beforeAll(async () => {
  world = await startWorld();
  await world.app.listen(0, '127.0.0.1');
  url = await world.app.getUrl();
}, 120_000);

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

afterAll(async () => {
  await world.close();
});

async function clientWithLongHistory() {
  const client = await newClient(world);
  const database = new pg.Client({ connectionString: world.env.DATABASE_URL });
  await database.connect();
  await database.query(
    `insert into audit_entry (at, actor_kind, actor_id, client_id, action, object_kind, object_id, after)
    select now(), 'system', 'test', $1, 'webhook.updated', 'webhook', 'wh_x', to_jsonb(repeat('x', $2::int))
    from generate_series(1, $3::int)`,
    [client.id, entryBytes, entries],
  );
  await database.end();
  return client;
}

/** Sends the request and reads nothing; resolves once the answer has begun. */
async function askAndNotRead(key: string): Promise<void> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
  socket.pause();
  socket.write(`GET /v1/exports/audit HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  sockets.push(socket);
  await once(socket, 'readable');
}

async function statusOf(key: string): Promise<number> {
  const abort = new AbortController();
  const headers = { authorization: `Bearer ${key}` };
  const { status } = await fetch(`${url}/v1/exports/audit`, { headers, signal: abort.signal });
  abort.abort();
  return status;
}

test('readers that read nothing hold their places for a minute, not for good', async () => {
  const { key } = await clientWithLongHistory();
  await askAndNotRead(key);
  await askAndNotRead(key);
  await until(async () => (await statusOf(key)) === 429, { timeoutMs: 10_000 });
  // The clock of intervals goes on by a minute at each look, of which there is one a second.
  const now = performance.now.bind(performance);
  let aheadMs = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
  try {
    let status = 429;
    for (let look = 0; look < 40 && status === 429; look += 1) {
      aheadMs += 61_000;
      await pause(1_100);
      status = await statusOf(key);
    }
    expect(status).toBe(200);
  } finally {
    clock.mockRestore();
  }
});

test('an export ends within seconds when its key is revoked, and cannot be taken for whole', async () => {
  const { id, key, keyId } = await clientWithLongHistory();
  const answer = await fetch(`${url}/v1/exports/audit`, { headers: { authorization: `Bearer ${key}` } });
  const reader = answer.body?.getReader();
  await reader?.read();
  expect((await world.ask(`DELETE /v1/clients/${id}/api-keys/${keyId}`)).status).toBe(204);
  const readOn = async () => {
    for (let isDone = false; !isDone;) {
      const piece = await reader?.read();
      isDone = piece?.done !== false;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await expect(readOn()).rejects.toThrow();
}, 60_000);
