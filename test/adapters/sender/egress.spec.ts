/** No connection is made to an address that was not judged, whatever a URL, a name or a name server says. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { classify } from '../../../libs/domain/delivery/classify.ts';
import { AddressGuard, type EgressRules } from '../../../libs/sender/address-guard.ts';
import { HttpSender } from '../../../libs/sender/http-attempt.ts';
import { NameResolver } from '../../../libs/sender/name-resolver.ts';
import { changing, startNameServer, type Names } from '../../support/receivers/name-server.ts';
import { startReceiver } from '../../support/receivers/recording-receiver.ts';
import { redirecting } from '../../support/receivers/responses.ts';
import { closeAll, makeSender, post, track } from './sender-factory.ts';

afterEach(closeAll);

const production: EgressRules = { schemes: ['http', 'https'], ports: ['*'], disallowed: [], allowed: [] };

async function senderAsking(names: Names, allowed: readonly string[] = []) {
  const server = track(await startNameServer(names));
  const resolver = new NameResolver({ servers: [server.address], hostsFile: '/nonexistent', tryTimeoutMs: 200 });
  const guard = new AddressGuard({ ...production, allowed }, (name) => resolver.resolve(name));
  return { server, sender: track(new HttpSender(guard)) };
}

describe('without EGRESS_ALLOW', () => {
  test.each([
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.0.0.1.',
    'localhost',
    'a.localhost',
  ])('nothing reaches a receiver at http://%s', async (host) => {
    const receiver = track(await startReceiver());
    const sender = track(new HttpSender(new AddressGuard(production)));
    const result = await sender.send(post(`http://${host}:${receiver.port}/`));
    expect(result).toMatchObject({ kind: 'error', errorKind: 'refused-address' });
    expect(classify(result, 0)).toMatchObject({ status: 'failed_permanent', reason: 'refused_address' });
    expect(receiver.connections).toBe(0);
  });

  test('a name of a private address is refused as it is dialled', async () => {
    const receiver = track(await startReceiver());
    const { sender } = await senderAsking(() => ['127.0.0.1']);
    const result = await sender.send(post(`http://inside.example:${receiver.port}/`));
    expect(result).toMatchObject({
      errorKind: 'refused-address',
      message: 'inside.example resolves to a private or blocked address, which is refused',
    });
    expect(receiver.connections).toBe(0);
  });

  test.each([['::1'], ['::ffff:7f00:1'], ['64:ff9b::7f00:1'], ['fd00:ec2::254']])(
    'a name of %s is refused',
    async (address) => {
      const { sender } = await senderAsking(() => [address]);
      expect(await sender.send(post('http://inside.example/'))).toMatchObject({ errorKind: 'refused-address' });
    },
  );

  test('of a public and private addresses, only the public one is dialled', async () => {
    const receiver = track(await startReceiver());
    // 127.0.0.1 stands for the public address; on the others somebody listens as well.
    const inside = track(await startReceiver());
    const { sender } = await senderAsking(
      () => ['127.0.0.2', '10.0.0.1', '127.0.0.1', '::1', '0.0.0.0'],
      ['127.0.0.1'],
    );
    const url = `http://both.example:${receiver.port}/`;
    for (let n = 0; n < 3; n++) expect(await sender.send(post(url))).toMatchObject({ code: 200 });
    expect([receiver.connections, inside.connections]).toEqual([1, 0]);
  });

  test.each([['0.0.0.0'], ['::']])(
    'the answer of a name server that filters, %s, is tried again later',
    async (address) => {
      const { sender } = await senderAsking(() => [address], ['0.0.0.0/0', '::/0']);
      const result = await sender.send(post('http://filtered.example/'));
      expect(result).toMatchObject({ errorKind: 'dns', message: expect.stringContaining('which is not an address') });
      expect(classify(result, 0)).toMatchObject({ status: 'failed_retryable', reason: 'dns' });
    },
  );
});

describe('a name that changes its answer', () => {
  test('is refused from the moment that it points inside', async () => {
    const receiver = track(await startReceiver({ respond: () => ({ headers: { connection: 'close' } }) }));
    // 127.0.0.1 stands for the public address here, 127.0.0.2 for the private one, which is closed below.
    const server = track(await startNameServer(changing('127.0.0.1', '127.0.0.2')));
    const resolver = new NameResolver({ servers: [server.address], hostsFile: '/nonexistent' });
    const rules = { ...production, allowed: ['127.0.0.1/32'] };
    const sender = track(new HttpSender(new AddressGuard(rules, (name) => resolver.resolve(name))));
    const url = `http://rebinding.example:${receiver.port}/`;
    expect(await sender.send(post(url))).toMatchObject({ code: 200 });
    expect(await sender.send(post(url))).toMatchObject({ errorKind: 'refused-address' });
    expect(receiver.connections).toBe(1);
  });

  test('is asked for once per connection, so that nothing can change between judging and dialling', async () => {
    const receiver = track(await startReceiver());
    const { server, sender } = await senderAsking(changing('127.0.0.1', '10.0.0.1'), ['127.0.0.1']);
    const url = `http://rebinding.example:${receiver.port}/`;
    for (let n = 0; n < 3; n++) expect(await sender.send(post(url))).toMatchObject({ code: 200 });
    expect(receiver.connections).toBe(1);
    // One question for each family.
    expect(server.questions).toEqual(['rebinding.example', 'rebinding.example']);
  });
});

describe('a name that does not resolve', () => {
  test.each<[string, Names, string]>([
    ['is not there', () => null, 'there is no such name, or it has no address'],
    ['has no address', () => [], 'there is no such name, or it has no address'],
    ['gets no answer', () => 'silent', 'the name servers did not answer'],
  ])('since it %s is an error of DNS', async (_what, names, words) => {
    const { sender } = await senderAsking(names);
    const result = await sender.send(post('http://missing.example/', { timeoutMs: 5000 }));
    expect(result).toMatchObject({ errorKind: 'dns', message: `missing.example was not resolved: ${words}` });
    expect(classify(result, 0)).toMatchObject({ status: 'failed_retryable', reason: 'dns' });
  });

  test('holds up no other name', async () => {
    const receiver = track(await startReceiver());
    const { sender } = await senderAsking(
      (name) => (name.startsWith('dead') ? 'silent' : ['127.0.0.1']),
      ['127.0.0.1'],
    );
    const deadMs = 4_000;
    const dead = Array.from({ length: 50 }, (_, n) =>
      sender.send(post(`http://dead${n}.example/`, { timeoutMs: deadMs })),
    );
    const well = await sender.send(post(`http://well.example:${receiver.port}/`));
    expect(well).toMatchObject({ code: 200 });
    expect(well.latencyMs).toBeLessThan(deadMs);
    await Promise.all(dead);
  });
});

test('a name with addresses of both families reaches the one that listens', async () => {
  const receiver = track(await startReceiver());
  const { sender } = await senderAsking(() => ['::1', '127.0.0.1'], ['127.0.0.1', '::1']);
  expect(await sender.send(post(`http://both.example:${receiver.port}/`))).toMatchObject({ code: 200 });
});

test('a redirect to a private address leads nowhere', async () => {
  const inside = track(await startReceiver());
  const outside = track(
    await startReceiver({
      respond: redirecting(`http://127.0.0.1:${inside.port}/`),
    }),
  );
  expect(await makeSender().send(post(outside.url))).toMatchObject({ code: 302 });
  expect(inside.connections).toBe(0);
});
