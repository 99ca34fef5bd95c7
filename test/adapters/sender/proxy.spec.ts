/** Endpoints behind a proxy of ours: what goes through it, what does not, and whose fault a failure is. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { classify } from '../../../libs/domain/delivery/classify.ts';
import type { Resolve } from '../../../libs/sender/address-guard.ts';
import { EgressProxy } from '../../../libs/sender/egress-proxy.ts';
import { createAuthority } from '../../support/receivers/certificates.ts';
import { startConnectProxy, startSocksProxy, type TestProxy } from '../../support/receivers/proxies.ts';
import { startReceiver } from '../../support/receivers/recording-receiver.ts';
import { until } from '../../support/until.ts';
import { closeAll, everythingIsLoopback, makeSender, post, track } from './sender-factory.ts';

afterEach(closeAll);

const authority = createAuthority();
const named = authority.issue({ names: ['hooks.example'], addresses: [] });

function through(url: string, bypass: readonly string[] = [], resolve: Resolve = everythingIsLoopback) {
  return makeSender({ proxy: new EgressProxy({ url, bypass }) }, resolve);
}

const kinds: readonly [string, string, (login?: string) => Promise<TestProxy>][] = [
  ['CONNECT', 'http', (login) => startConnectProxy(login === undefined ? {} : { login })],
  ['SOCKS5', 'socks5', (login) => startSocksProxy(login === undefined ? {} : { login })],
];

describe.each(kinds)('%s', (_kind, scheme, start) => {
  test('is asked for the address that was judged, once for a connection; TLS goes to the endpoint by its name', async () => {
    const proxy = track(await start());
    const receiver = track(await startReceiver({ tls: named }));
    const sender = through(`${scheme}://127.0.0.1:${proxy.port}`);
    const request = post(`https://hooks.example:${receiver.port}/`, { tls: { ca: authority.cert } });
    for (let n = 0; n < 3; n++) expect(await sender.send(request)).toMatchObject({ kind: 'answer', code: 200 });
    expect(proxy.asked).toEqual([`127.0.0.1:${receiver.port}`]);
    expect(receiver.connections).toBe(1);
  });

  test('carries plain HTTP too', async () => {
    const proxy = track(await start());
    const receiver = track(await startReceiver());
    const sender = through(`${scheme}://127.0.0.1:${proxy.port}`);
    const url = `http://hooks.example:${receiver.port}/h`;
    expect([await sender.send(post(url)), await sender.send(post(url))]).toMatchObject([{ code: 200 }, { code: 200 }]);
    expect(proxy.asked).toHaveLength(1);
  });

  test('is told user and password, and that it refuses them is its trouble', async () => {
    const proxy = track(await start('me@home:p:ss'));
    const receiver = track(await startReceiver());
    const right = through(`${scheme}://me%40home:p%3Ass@127.0.0.1:${proxy.port}`);
    expect(await right.send(post(receiver.url))).toMatchObject({ code: 200 });
    const wrong = await through(`${scheme}://me:hush@127.0.0.1:${proxy.port}`).send(post(receiver.url));
    expect(wrong).toMatchObject({ kind: 'error', errorKind: 'proxy' });
    expect(JSON.stringify(wrong)).not.toMatch(/hush|127\.0\.0\.1/);
  });

  test('of a dead endpoint says so, and that is the endpoint’s trouble; the next address is asked for', async () => {
    const proxy = track(await start());
    const receiver = track(await startReceiver());
    const closed = await startReceiver();
    await closed.close();
    const sender = through(`${scheme}://127.0.0.1:${proxy.port}`, [], () =>
      Promise.resolve([
        { address: '127.0.0.9', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]),
    );
    expect(await sender.send(post(closed.url.replace('127.0.0.1', 'dead.example')))).toMatchObject({
      errorKind: 'connect',
    });
    expect(await sender.send(post(receiver.url.replace('127.0.0.1', 'half.example')))).toMatchObject({ code: 200 });
  });

  test('that is not there is the trouble of nobody else, and is tried again', async () => {
    const proxy = await start();
    await proxy.close();
    const receiver = track(await startReceiver());
    const result = await through(`${scheme}://127.0.0.1:${proxy.port}`).send(post(receiver.url));
    expect(result).toMatchObject({
      kind: 'error',
      errorKind: 'proxy',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(classify(result, 0)).toMatchObject({ status: 'failed_retryable', reason: 'proxy' });
    expect(receiver.connections).toBe(0);
  });

  test('that is silent for everybody is itself in trouble; beside others that it answers, the endpoint is', async () => {
    const proxy = track(await start());
    const receiver = track(await startReceiver());
    const sender = through(`${scheme}://127.0.0.1:${proxy.port}`);
    proxy.refusals.push('silence', 'silence');
    expect(await sender.send(post(receiver.url, { timeoutMs: 300 }))).toMatchObject({ errorKind: 'proxy' });
    const silent = sender.send(post(receiver.url.replace('127.0.0.1', 'far.example'), { timeoutMs: 3_000 }));
    await until(() => proxy.asked.length === 2, { timeoutMs: 900, everyMs: 5 });
    expect(await sender.send(post(receiver.url))).toMatchObject({ code: 200 });
    expect(await silent).toMatchObject({
      errorKind: 'timeout',
      message: expect.stringContaining('made no connection'),
    });
  });

  test('is not asked for what must not be called', async () => {
    const proxy = track(await start());
    const sender = through(`${scheme}://127.0.0.1:${proxy.port}`, [], () =>
      Promise.resolve([{ address: '10.0.0.1', family: 4 }]),
    );
    expect(await sender.send(post('http://inside.example/'))).toMatchObject({ errorKind: 'refused-address' });
    expect(proxy.asked).toEqual([]);
  });

  test.each([['127.0.0.0/8'], ['127.0.0.1'], ['*'], ['example'], ['.hooks.example'], ['HOOKS.example']])(
    'is left out for %s',
    async (exception) => {
      const proxy = track(await start());
      const receiver = track(await startReceiver());
      const sender = through(`${scheme}://127.0.0.1:${proxy.port}`, ['other.example', exception]);
      expect(await sender.send(post(`http://a.hooks.example:${receiver.port}/`))).toMatchObject({ code: 200 });
      expect(proxy.asked).toEqual([]);
    },
  );
});

describe('an answer of the proxy', () => {
  test.each<[number, Record<string, string>, string]>([
    [502, {}, 'connect'],
    [504, {}, 'connect'],
    [503, {}, 'proxy'],
    [503, { 'x-squid-error': 'ERR_CONNECT_FAIL 111' }, 'connect'],
    [503, { 'proxy-status': 'ours; error=connection_timeout' }, 'connect'],
    [403, {}, 'proxy'],
    [500, {}, 'proxy'],
  ])('of %i with %j is of kind %s', async (status, headers, errorKind) => {
    const proxy = track(await startConnectProxy({ headers }));
    proxy.refusals.push(status);
    const result = await through(`http://127.0.0.1:${proxy.port}`).send(post('http://hooks.example/'));
    expect(result).toMatchObject({ kind: 'error', errorKind });
  });

  test('that is no HTTP is its trouble', async () => {
    const smtp = track(await startSocksProxy());
    const result = await through(`http://127.0.0.1:${smtp.port}`).send(post('http://hooks.example/'));
    expect(result).toMatchObject({ kind: 'error', errorKind: 'proxy' });
  });
});

test('a port of an exception is that of the endpoint', () => {
  const proxy = new EgressProxy({ url: 'http://proxy:1', bypass: ['hooks.example:8443'] });
  expect([443, 8443].map((port) => proxy.isBypassed('hooks.example', port))).toEqual([false, true]);
});
