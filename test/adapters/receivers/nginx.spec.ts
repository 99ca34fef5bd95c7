/**
 * nginx before an application, as most endpoints have it: what it answers by itself, how it ends connections, and a reload under traffic.
 * `.ci/run` brings it; where it is not, this is left out.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { classify } from '../../../libs/domain/delivery/classify.ts';
import { freePorts } from '../../../stack/ports.ts';
import { repositoryRoot } from '../../../stack/repository.ts';
import { createAuthority } from '../../support/receivers/certificates.ts';
import { until } from '../../support/until.ts';
import { closeAll, everythingIsLoopback, makeSender, post } from '../sender/sender-factory.ts';

const unpacked = join(repositoryRoot, '.cache', 'nginx', 'nginx');
const program = existsSync(unpacked) ? unpacked : 'nginx';
const isHere = spawnSync(program, ['-v']).status === 0;
if (!isHere) process.stdout.write('not tried, because it is not on this machine: nginx\n');

const authority = createAuthority();
const folder = mkdtempSync(join(tmpdir(), 'webhooks-nginx-'));
let nginx: ChildProcess | null = null;
let app: Server;
let ports: readonly number[];
let taken = 0;

function configuration([http, https, upstream]: readonly number[]): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder}/${one};`);
  return `daemon off; pid ${folder}/pid; error_log ${folder}/errors; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; ${paths.join(' ')}
  keepalive_requests 3; gzip on; gzip_types *; gzip_min_length 1; client_max_body_size 1k;
  upstream app { server 127.0.0.1:${upstream} max_fails=0; keepalive 2; }
  server {
    listen 127.0.0.1:${http}; listen 127.0.0.1:${https} ssl http2; server_name hooks.test;
    ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
    location = /done { return 204; }
    location = /moved { return 308 /hook; }
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
  server { listen 127.0.0.1:${https} ssl http2 default_server; ssl_reject_handshake on; }
}
`;
}

beforeAll(async () => {
  if (!isHere) return;
  ports = await freePorts(3);
  const { cert, key } = authority.issue({ names: ['hooks.test'] });
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(join(folder, 'nginx.conf'), configuration(ports));
  app = createServer((request, response) => {
    request.resume().on('end', () => {
      taken += 1;
      response.end('took it');
    });
  }).listen(ports[2], '127.0.0.1');
  const running = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  nginx = running;
  const answers = async () => {
    if (running.exitCode !== null) throw new Error('nginx ended');
    return (await fetch(`http://127.0.0.1:${ports[0]}/done`).catch(() => null))?.status === 204;
  };
  await until(answers, { timeoutMs: 20_000, everyMs: 50, what: 'nginx answers' });
}, 30_000);

afterAll(async () => {
  await closeAll();
  if (nginx !== null) {
    const ended = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await ended;
    app.closeAllConnections();
    app.close();
  }
  rmSync(folder, { recursive: true, force: true });
}, 20_000);

const sent = (sender: ReturnType<typeof makeSender>, path: string, body = '{}', scheme = 'http', host = 'hooks.test') =>
  sender.send(
    post(`${scheme}://${host}:${ports[scheme === 'http' ? 0 : 1]}${path}`, {
      body: Buffer.from(body),
      tls: scheme === 'http' ? null : { ca: authority.cert },
    }),
  );

(isHere ? describe : describe.skip)('nginx', () => {
  test('answers by itself and for its application, on connections that it ends after three requests', async () => {
    const sender = makeSender({}, everythingIsLoopback);
    const before = taken;
    expect(await sent(sender, '/done')).toMatchObject({ kind: 'answer', code: 204 });
    for (let n = 0; n < 7; n++) {
      const result = await sent(sender, '/hook');
      expect(result).toMatchObject({ kind: 'answer', code: 200, bodySample: Buffer.from('took it') });
      expect(result.wasSentAgain).toBeUndefined();
    }
    expect(taken - before).toBe(7);
    expect(classify(await sent(sender, '/moved'), 0)).toMatchObject({ status: 'failed_retryable', reason: 'http' });
    // It says so before it has read the body, and reads no more of it.
    expect(await sent(sender, '/hook', 'x'.repeat(900_000))).toMatchObject({ kind: 'answer', code: 413 });
    expect(await sent(sender, '/hook')).toMatchObject({ kind: 'answer', code: 200 });
  });

  test('#71 serves a name over TLS, with a trailing dot too, and refuses others in words', async () => {
    const sender = makeSender({}, everythingIsLoopback);
    for (const host of ['hooks.test', 'hooks.test.']) {
      expect(await sent(sender, '/hook', '{}', 'https', host)).toMatchObject({ kind: 'answer', code: 200 });
    }
    expect(await sent(sender, '/hook', '{}', 'https', 'other.test')).toMatchObject({
      kind: 'error',
      errorKind: 'tls',
      message: expect.stringContaining('does not serve this host name'),
    });
  });

  test('that is reloaded under traffic has each event once: what fails was not taken', async () => {
    const sender = makeSender({}, everythingIsLoopback);
    const before = taken;
    let delivered = 0;
    const end = performance.now() + 1_000;
    const reloads = setInterval(() => nginx?.kill('SIGHUP'), 250);
    const deliver = async () => {
      while (performance.now() < end) {
        const result = await sent(sender, '/hook');
        if (result.kind === 'answer' && result.code === 200) delivered += 1;
        else expect(classify(result, 0)).toMatchObject({ status: 'failed_retryable' });
      }
    };
    await Promise.all([deliver(), deliver(), deliver()]);
    clearInterval(reloads);
    expect(taken - before).toBe(delivered);
    expect(delivered).toBeGreaterThan(10);
  }, 20_000);

  test('without its application it says so, and that is tried again', async () => {
    app.closeAllConnections();
    await new Promise((resolve) => app.close(resolve));
    const result = await sent(makeSender({}, everythingIsLoopback), '/hook');
    expect(result).toMatchObject({ kind: 'answer', code: 502 });
    expect(classify(result, 0)).toMatchObject({ status: 'failed_retryable', reason: 'http' });
  });
});
