import { expect, test } from '@jest/globals';
import { NameResolver, type AddressResolver } from './name-resolver.ts';

function answering(addresses: string[] | null): AddressResolver {
  const four = addresses === null ? Promise.reject(new Error('no server answers')) : Promise.resolve(addresses);
  four.catch(() => undefined);
  return { resolve4: () => four, resolve6: () => Promise.resolve([]) } as unknown as AddressResolver;
}

test('#31 name servers that the system has since are asked within a quarter of a minute', async () => {
  let servers = answering(null);
  let now = 0;
  const resolver = new NameResolver({ hostsFile: '/nonexistent', ofSystem: () => servers, now: () => now });
  await expect(resolver.resolve('hooks.example')).rejects.toThrow('no server answers');
  servers = answering(['8.8.8.8']);
  now = 15_000;
  await expect(resolver.resolve('hooks.example')).rejects.toThrow('no server answers');
  now = 15_001;
  expect(await resolver.resolve('hooks.example')).toEqual([{ address: '8.8.8.8', family: 4 }]);
  // Servers are read again, and again.
  servers = answering(['8.8.4.4']);
  now = 30_002;
  expect(await resolver.resolve('hooks.example')).toEqual([{ address: '8.8.4.4', family: 4 }]);
});
