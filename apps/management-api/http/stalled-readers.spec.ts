import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { closeStalledReaders } from './stalled-readers.ts';

const ms = 1_000;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A connection on which one request was sent, and which reads nothing by itself. */
async function asked(handle: RequestListener) {
  const server = createServer(handle);
  closeStalledReaders(server, ms);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  ends.push(() => {
    socket.destroy();
    server.close();
    server.closeAllConnections();
  });
  return socket;
}

test('a connection that takes nothing of its answer is closed', async () => {
  const closed = Promise.withResolvers<undefined>();
  await asked((_request, response) => {
    response.on('close', () => {
      closed.resolve(undefined);
    });
    response.end(Buffer.alloc(64 * 1_048_576));
  });
  await closed.promise;
});

test('one that takes it slowly gets all of it', async () => {
  const bytes = 24 * 1_048_576;
  const socket = await asked((_request, response) => {
    response.end(Buffer.alloc(bytes));
  });
  let taken = 0;
  socket.on('data', ({ length }) => {
    taken += length;
    socket.pause();
    // Kernels pass on what was read in steps of some MiB: these take a fraction of the deadline, the whole several of it.
    setTimeout(() => socket.resume(), 8);
  });
  socket.resume();
  await once(socket, 'close');
  expect(taken).toBeGreaterThan(bytes);
});

test('an answer that takes long, of which nothing waits yet, is not touched', async () => {
  const socket = await asked((_request, response) => {
    void pause(2 * ms).then(() => response.end('late'));
  });
  socket.resume();
  expect(await text(socket)).toMatch(/late$/);
});

test('a connection on which nothing is asked any more ends as it did without', async () => {
  const server = createServer((_request, response) => response.end('well'));
  server.keepAliveTimeout = 100;
  closeStalledReaders(server, 60_000);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  ends.push(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await text(socket)).toMatch(/well$/);
});
