/** Whose certificates are trusted is asked of a process of its own: it is said once, for all of a process. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { createAuthority } from '../../support/receivers/certificates.ts';
import { startConnectProxy } from '../../support/receivers/proxies.ts';
import { startReceiver } from '../../support/receivers/recording-receiver.ts';
import { closeAll, track } from './sender-factory.ts';

const authority = createAuthority();
const folder = mkdtempSync(join(tmpdir(), 'authorities-'));
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, authority.cert);

afterEach(closeAll);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const root = join(import.meta.dirname, '../../..');
const program = `
import { trustAuthorities } from ${JSON.stringify(join(root, 'libs/runtime/authorities.ts'))};
import { AddressGuard } from ${JSON.stringify(join(root, 'libs/sender/address-guard.ts'))};
import { EgressProxy } from ${JSON.stringify(join(root, 'libs/sender/egress-proxy.ts'))};
import { HttpSender } from ${JSON.stringify(join(root, 'libs/sender/http-attempt.ts'))};
trustAuthorities(process.env);
const rules = { schemes: ['https'], ports: ['*'], disallowed: [], allowed: ['127.0.0.0/8'] };
const proxy = process.env.PROXY === '' ? null : new EgressProxy({ url: process.env.PROXY, bypass: [] });
const sender = new HttpSender(new AddressGuard(rules), { proxy });
const request = { url: process.env.URL, headers: {}, body: Buffer.from('{}'), timeoutMs: 5000 };
for (const tls of [null, { cert: process.env.CERT, key: process.env.KEY }]) {
  const result = await sender.send({ ...request, tls });
  console.log(result.kind === 'answer' ? String(result.code) : result.errorKind + ': ' + result.message);
}
await sender.close();
`;

/** What comes of a delivery without TLS material of the webhook, and of one with a client certificate. */
async function delivered(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const own = authority.issue();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    {
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', PROXY: '', CERT: own.cert, KEY: own.key, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return (await text(child.stdout)).trim().split('\n');
}

test.each<[string, Record<string, string>]>([
  ['of the operating system', { TLS_CA: 'system', SSL_CERT_FILE: caFile }],
  ['in a file', { TLS_CA_FILE: caFile }],
])('#30 a CA %s is trusted by one setting', async (_what, env) => {
  const receiver = track(await startReceiver({ tls: authority.issue() }));
  expect(await delivered({ URL: receiver.url, ...env })).toEqual(['200', '200']);
});

test('#30 without it a CA of the operating system is not trusted', async () => {
  const receiver = track(await startReceiver({ tls: authority.issue() }));
  const told = await delivered({ URL: receiver.url, SSL_CERT_FILE: caFile });
  expect(told[0]).toMatch(/^tls: no TLS connection: .*its CA is not trusted/);
});

test('a proxy that speaks TLS itself is reached by its name or address, and the endpoint within', async () => {
  const receiver = track(await startReceiver({ tls: authority.issue() }));
  const proxy = track(await startConnectProxy({ tls: authority.issue() }));
  const env = { URL: receiver.url, PROXY: `https://127.0.0.1:${proxy.port}`, TLS_CA_FILE: caFile };
  expect(await delivered(env)).toEqual(['200', '200']);
  expect(proxy.asked).toHaveLength(2);
  const { TLS_CA_FILE: _, ...untrusting } = env;
  expect((await delivered(untrusting))[0]).toMatch(/^proxy: /);
});
