/** Every address of a name has its share of the deadline, and what name servers say now is followed. */
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { classify } from '../../../libs/domain/delivery/classify.ts';
import { AddressGuard } from '../../../libs/sender/address-guard.ts';
import { HttpSender, type HttpSenderOptions } from '../../../libs/sender/http-attempt.ts';
import { NameResolver, type ResolvedAddress } from '../../../libs/sender/name-resolver.ts';
import { startUnaccepting } from '../../support/receivers/hostile-receivers.ts';
import { startNameServer, type Names } from '../../support/receivers/name-server.ts';
import { startReceiver } from '../../support/receivers/recording-receiver.ts';
import { closeAll, makeSender, openLoopback, post, track } from './sender-factory.ts';

afterEach(closeAll);

const four = (address: string): ResolvedAddress => ({ address, family: 4 });

async function senderAsking(names: Names, options: HttpSenderOptions = {}, allowed = openLoopback.allowed) {
  const server = track(await startNameServer(names));
  const resolver = new NameResolver({ servers: [server.address], hostsFile: '/nonexistent' });
  const guard = new AddressGuard({ ...openLoopback, allowed }, (name) => resolver.resolve(name));
  return track(new HttpSender(guard, options));
}

describe('#1 an address that takes a second to connect', () => {
  test.each<[string, ResolvedAddress[]]>([
    ['refuses', [four('127.0.0.9')]],
    ['has no route', [{ address: '2606:4700::1111', family: 6 }]],
  ])('is reached beside one that %s, in either order', async (_what, dead) => {
    const slow = four('127.0.0.1');
    for (const addresses of [
      [slow, ...dead],
      [...dead, slow],
    ]) {
      const receiver = track(await startUnaccepting(600));
      const sender = makeSender({}, () => Promise.resolve(addresses));
      const url = receiver.url.replace('127.0.0.1', 'slow.example');
      const result = await sender.send(post(url, { timeoutMs: 10_000 }));
      expect(result).toMatchObject({ kind: 'answer', code: 200 });
      expect(result.latencyMs).toBeGreaterThan(400);
    }
  });

  test('is reached though all the others never answer', async () => {
    const receiver = track(await startReceiver());
    const silent = track(await startUnaccepting());
    const addresses = [...Array.from({ length: 3 }, () => four('127.0.0.1')), four('127.0.0.2')];
    const well = createServer((_request, response) => response.end('ok'));
    const port = Number(new URL(silent.url).port);
    await listenAt(well, '127.0.0.2', port);
    const sender = makeSender({}, () => Promise.resolve(addresses));
    const result = await sender.send(post(`http://many.example:${port}/`, { timeoutMs: 10_000 }));
    expect(result).toMatchObject({ kind: 'answer', code: 200 });
    expect(receiver.requests).toHaveLength(0);
  });
});

test('of addresses that all refuse, each is named', async () => {
  const receiver = await startReceiver();
  await receiver.close();
  const sender = makeSender({}, () => Promise.resolve([four('127.0.0.1'), four('127.0.0.9')]));
  const result = await sender.send(post(receiver.url.replace('127.0.0.1', 'gone.example')));
  expect(result).toMatchObject({ kind: 'error', errorKind: 'connect' });
  expect(result.kind === 'error' && result.message.match(/ECONNREFUSED/g)).not.toBeNull();
});

test('#71 a name with a dot at its end is called without it, on the connection of the same name', async () => {
  const receiver = track(await startReceiver());
  const sender = makeSender({}, () => Promise.resolve([four('127.0.0.1')]));
  for (const host of ['hooks.example', 'hooks.example.']) {
    expect(await sender.send(post(receiver.url.replace('127.0.0.1', host)))).toMatchObject({ code: 200 });
  }
  const port = new URL(receiver.url).port;
  expect(receiver.requests.map(({ headers }) => headers['host'])).toEqual(Array(2).fill(`hooks.example:${port}`));
  expect(sender.connections).toBe(1);
});

test('#15 a name that moves is followed under steady traffic', async () => {
  const seen: string[] = [];
  let address = '127.0.0.2';
  const ports = await twoServers(['127.0.0.2', '127.0.0.3'], (at) => seen.push(at));
  const sender = await senderAsking((_name, _index, type) => (type === 'A' ? [address] : []), {
    connectionAgeMsMax: 200,
  });
  const url = `http://hooks.example:${ports}/`;
  const sendAll = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      expect(await sender.send(post(url))).toMatchObject({ code: 200 });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await sendAll(3);
  expect(new Set(seen)).toEqual(new Set(['127.0.0.2']));
  address = '127.0.0.3';
  await sendAll(30);
  expect(seen.at(-1)).toBe('127.0.0.3');
  expect(seen.slice(seen.indexOf('127.0.0.3'))).not.toContain('127.0.0.2');
});

test.each([['0.0.0.0'], ['127.0.0.1']])(
  '#39 an answer of %s is not dialled and tried again, until the real one is back',
  async (passing) => {
    const receiver = track(await startReceiver());
    const sender = await senderAsking(
      (_name, index, type) => (type === 'AAAA' ? [] : [index < 2 ? passing : '127.0.0.9']),
      {},
      ['127.0.0.9'],
    );
    for (let n = 0; n < 2; n++) {
      const result = await sender.send(post(`http://parked.example:${receiver.port}/`));
      expect(classify(result, 0)).toMatchObject({ status: 'failed_retryable', reason: 'dns' });
    }
    const back = await sender.send(post(`http://parked.example:${receiver.port}/`));
    expect(back).toMatchObject({ errorKind: 'connect', message: expect.stringContaining('ECONNREFUSED') });
    expect(receiver.connections).toBe(0);
  },
);

async function listenAt(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  track({
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  });
}

/** On the same port of both. */
async function twoServers(hosts: readonly string[], saw: (host: string) => void): Promise<number> {
  let port = 0;
  for (const host of hosts) {
    const server = createServer((request, response) => {
      saw(host);
      request.resume();
      response.end('ok');
    });
    await listenAt(server, host, port);
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  }
  return port;
}
