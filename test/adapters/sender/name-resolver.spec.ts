/** Names resolve without the system's own resolver, and as it would. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { NameResolver } from '../../../libs/sender/name-resolver.ts';
import { startNameServer, type Names } from '../../support/receivers/name-server.ts';
import { closeAll, track } from './sender-factory.ts';

const noHosts = '/nonexistent';
afterEach(closeAll);

async function resolverAsking(names: Names, hostsFile = noHosts, tryTimeoutMs = 200) {
  const server = track(await startNameServer(names));
  return { server, resolver: new NameResolver({ servers: [server.address], hostsFile, tryTimeoutMs }) };
}

describe('a name', () => {
  test('has the addresses of both families, IPv4 first', async () => {
    const { resolver } = await resolverAsking(() => ['2606:4700::1111', '8.8.8.8', '8.8.4.4']);
    expect(await resolver.resolve('hooks.example')).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '8.8.4.4', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
  });

  test('may have only IPv6', async () => {
    const { resolver } = await resolverAsking(() => ['2606:4700::1111']);
    expect(await resolver.resolve('hooks.example')).toEqual([{ address: '2606:4700::1111', family: 6 }]);
  });

  test('is not held up by a server that is silent about IPv6', async () => {
    const tryTimeoutMs = 5_000;
    const ofV4 = (_name: string, _index: number, type: string) => (type === 'A' ? ['8.8.8.8'] : 'silent');
    const { resolver } = await resolverAsking(ofV4, noHosts, tryTimeoutMs);
    const startedAt = performance.now();
    expect(await resolver.resolve('hooks.example')).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(performance.now() - startedAt).toBeLessThan(tryTimeoutMs);
  });

  test('#71 with a trailing dot or in capitals is the same name', async () => {
    const { resolver, server } = await resolverAsking(() => ['8.8.8.8']);
    await resolver.resolve('Hooks.Example.');
    expect(new Set(server.questions)).toEqual(new Set(['hooks.example']));
  });

  test('that is not there rejects with its code', async () => {
    const { resolver } = await resolverAsking(() => null);
    await expect(resolver.resolve('missing.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('the hosts file', () => {
  test('counts before any name server', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hosts-'));
    try {
      const file = join(folder, 'hosts');
      writeFileSync(
        file,
        '# a comment\n::2 Inside.example\n10.0.0.7\tinside.example alias.example # here\nnonsense x\n',
      );
      const { resolver, server } = await resolverAsking(() => ['8.8.8.8'], file);
      expect(await resolver.resolve('inside.EXAMPLE')).toEqual([
        { address: '10.0.0.7', family: 4 },
        { address: '::2', family: 6 },
      ]);
      expect(await resolver.resolve('alias.example')).toEqual([{ address: '10.0.0.7', family: 4 }]);
      expect(server.questions).toEqual([]);
      expect(await resolver.resolve('x')).toEqual([{ address: '8.8.8.8', family: 4 }]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
