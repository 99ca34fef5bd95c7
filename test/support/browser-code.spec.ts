/** What the portal takes of ours runs in a browser: bundled for one, and run where there is nothing of Node.js. */
import { spawnSync } from 'node:child_process';
import { join, posix } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { secretFrom, prepareSigningKey, signStandardWebhooks } from '../../libs/domain/signature/signature.ts';
import { sourceFiles } from './source-tree.ts';

const domainFiles =
  'signature/bytes filter/filter delivery/match payload/lossless-json delivery/retry signature/secret-form ' +
  'signature/verify-delivery signature/web-delivery-key ' +
  // The portal takes none of these yet.
  'payload/json-outline payload/json-pointer payload/mask payload/body-changes payload/request-headers payload/printable';
const files = [
  'libs/api-client/api-client.ts',
  'libs/api-client/api-problem.ts',
  'libs/api-client/outcome-stream.ts',
  ...domainFiles.split(' ').map((name) => `libs/domain/${name}.ts`),
];

/** By their files. Minified, so without comments. */
const scripts = bundled(files);

function bundled(paths: readonly string[]): Readonly<Record<string, string>> {
  const bundler = join(import.meta.dirname, 'bundle-for-browser.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [bundler, ...paths], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

/** A part of what every browser has. */
const web = () => ({
  TextEncoder,
  TextDecoder,
  TextDecoderStream,
  AbortController,
  AbortSignal,
  URL,
  Headers,
  Request,
  crypto,
  atob,
  btoa,
  clearTimeout: (timer: number) => {
    clearTimeout(timer);
  },
  // A number, as in a browser.
  setTimeout: (act: () => void, delayMs: number) => setTimeout(act, delayMs).unref()[Symbol.toPrimitive](),
});

test.each(files)('%s is bundled for a browser and needs nothing of Node.js', (file) => {
  const code = scripts[file] ?? '';
  expect(code.match(/\bBuffer\b|\bnode:|\brequire\(|__vite-browser-external/g)).toBeNull();
  expect(runInNewContext(`${code}; typeof bundle`, web())).toBe('object');
});

test('the portal takes no other files of ours into the browser', () => {
  const takes = /^(?:import|export) (?!type\b)[^;]*?\bfrom '(\.[^']*)'|\bimport\('(\.[^']*)'\)/gms;
  const taken = sourceFiles()
    .filter(({ path }) => path.startsWith('portal/') && !/\.spec\.tsx?$/.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(takes)].map(([, named, loaded]) => posix.join(posix.dirname(path), named ?? loaded ?? '')),
    )
    .filter((path) => path.startsWith('libs/'));
  expect(taken).toContain('libs/domain/filter/filter.ts');
  expect([...new Set(taken)].filter((path) => !files.includes(path)).sort()).toEqual([]);
});

test('a call is made, and a delivery verified, where there is nothing of Node.js', async () => {
  const fetched: string[] = [];
  const context = {
    ...web(),
    fetch: (request: Request) => {
      fetched.push(request.url);
      return Promise.resolve(Response.json({ data: [] }));
    },
  };
  const client = scripts['libs/api-client/api-client.ts'];
  const call = `${client}; bundle.createApiClient({ url: 'http://a', key: 'k' }).GET('/v1/webhooks')`;
  const { data } = (await runInNewContext(call, context)) as { data: unknown };
  expect({ data, fetched }).toEqual({ data: { data: [] }, fetched: ['http://a/v1/webhooks'] });

  const secret = secretFrom('hmac-sha256', Buffer.alloc(32, 1));
  const body = Buffer.from('{}');
  const message = { id: 'd', timestampS: 1, body, secrets: [prepareSigningKey(secret)] };
  const headers = {
    'webhook-id': 'd',
    'webhook-timestamp': '1',
    'webhook-signature': signStandardWebhooks(message),
  };
  const verified: unknown = await runInNewContext(
    `${scripts['libs/domain/signature/web-delivery-key.ts']}; bundle.verifyDeliveryOnWeb(received)`,
    { ...web(), received: { headers, body: new Uint8Array(body), secret, nowS: 1, toleranceS: 1 } },
  );
  expect(verified).toMatchObject({ kind: 'valid' });
});
