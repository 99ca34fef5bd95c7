/** Commands that are ended early, each in a process of its own against an API that plays along. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { monotonicMs } from '../libs/runtime/monotonic.ts';
import { until } from '../test/support/until.ts';

const patience = { timeoutMs: 60_000 };
const ids: Readonly<Record<string, string>> = { SIGINT: 'Ctrl-C', SIGTERM: 'a stop', SIGHUP: 'a closed terminal' };

let api: FakeApi;
beforeEach(async () => {
  api = new FakeApi();
  await api.listen();
});
afterEach(() => {
  api.close();
});

describe('listen', () => {
  test('whose reader has seen enough removes its webhook, and still says that a delivery did not verify', async () => {
    const { child, said, exit } = start('listen');
    await until(() => said().includes('Listening'), patience);
    child.stdout.destroy();
    child.stderr.destroy();
    await until(() => postedTo(api.webhookUrl), patience);
    expect(await exit).toBe(4);
    expect(api.deleted).toEqual(['wh_1']);
  }, 90_000);

  test.each(Object.entries(ids))(
    'that is ended by %s, %s, removes its webhook',
    async (signal) => {
      const { child, said, exit } = start('listen');
      await until(() => said().includes('Listening'), patience);
      child.kill(signal as NodeJS.Signals);
      expect(await exit).toBe(0);
      expect(api.deleted).toEqual(['wh_1']);
    },
    90_000,
  );

  test('that is ended while its webhook is being made removes it all the same', async () => {
    const answer = api.holdCreation();
    const { child, exit } = start('listen');
    await until(() => api.created > 0, patience);
    child.kill('SIGTERM');
    setTimeout(answer, 500);
    expect(await exit).toBe(0);
    expect(api.deleted).toEqual(['wh_1']);
  }, 90_000);

  test('that cannot remove its webhook says so, also by its exit code', async () => {
    api.mayDelete = false;
    const { child, said, exit } = start('listen');
    await until(() => said().includes('Listening'), patience);
    child.kill('SIGINT');
    expect(await exit).toBe(1);
    expect(said()).toContain('Webhook wh_1 could not be removed');
  }, 90_000);

  test('that waits for an API that does not answer is ended by a second Ctrl-C, and names what it leaves behind', async () => {
    api.silentTo = /^DELETE/;
    const { child, said, exit } = start('listen');
    await until(() => said().includes('Listening'), patience);
    child.kill('SIGINT');
    // As the terminal and npm both send it.
    child.kill('SIGINT');
    await until(() => api.asked.some((asked) => asked.startsWith('DELETE')), patience);
    await pause(400);
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await exit).toBe(130);
    expect(said()).toContain('DELETE /v1/webhooks/wh_1');
  }, 90_000);

  test('that is ended while the API does not answer its POST, or its DELETE, says so within seconds', async () => {
    const endedWhileSilentTo = async (silentTo: string) => {
      const own = new FakeApi();
      await own.listen();
      own.silentTo = new RegExp(`^${silentTo}$`);
      const { child, said, exit } = startAt(own.url, 'listen');
      await until(() => own.asked.includes(silentTo) || said().includes('Listening'), patience);
      child.kill('SIGINT');
      const code = await exit;
      own.close();
      expect([silentTo, code]).toEqual([silentTo, 3]);
      expect(said()).toMatch(/it took too long/);
      expect(said()).toMatch(/DELETE .v1.webhooks/);
    };
    await Promise.all(['POST /v1/webhooks', 'DELETE /v1/webhooks/wh_1'].map(endedWhileSilentTo));
  }, 90_000);

  test('that waits for so many and is ended before was interrupted', async () => {
    const { child, said, exit } = start('listen', '--count', '2');
    await until(() => said().includes('Listening'), patience);
    child.kill('SIGINT');
    expect(await exit).toBe(130);
    expect(api.deleted).toEqual(['wh_1']);
  }, 90_000);
});

test('a command that is ended before it is done was interrupted', async () => {
  const { child, exit } = start('trigger', 'order.created', '--client', 'acme', '--data', '{}', '--wait');
  await until(() => api.asked.includes('GET /v1/events/ev_1'), patience);
  child.kill('SIGINT');
  expect(await exit).toBe(130);
}, 90_000);

test.each([
  ['its data', ['trigger', 'order.created', '--client', 'acme', '--data-file', '-']],
  ['a body', ['verify', '--secret', 'whsec_x']],
])(
  'a command that reads %s from standard input is ended by one signal',
  async (_, words) => {
    const { child, exit } = start(...words);
    // More than a pipe holds: when all of it is gone, the command reads, and waits for what follows.
    await new Promise((resolve) => child.stdin.write(Buffer.alloc(4 * 1024 * 1024, 'x'), resolve));
    child.kill('SIGINT');
    expect(await exit).toBe(130);
  },
  90_000,
);

test('a command that waits for a Kafka that does not answer is ended by one signal', async () => {
  const connected = Promise.withResolvers<undefined>();
  const silent = createTcpServer(() => {
    connected.resolve(undefined);
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { child, exit } = start('topics', '--brokers', `127.0.0.1:${(silent.address() as AddressInfo).port}`);
  await connected.promise;
  const endedAt = monotonicMs();
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  expect(monotonicMs() - endedAt).toBeLessThan(20_000);
  silent.close();
}, 90_000);

test('a command with an end goes on to it when nobody reads any more', async () => {
  const { child, exit } = start('deliveries', 'resend', 'a', 'b');
  child.stdout.destroy();
  expect(await exit).toBe(0);
  expect(api.asked.filter((asked) => asked.startsWith('POST'))).toEqual([
    'POST /v1/deliveries/a/resend',
    'POST /v1/deliveries/b/resend',
  ]);
}, 90_000);

function start(...words: readonly string[]) {
  return startAt(api.url, ...words);
}

function startAt(url: string, ...words: readonly string[]) {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, DEEPERHUB_API_URL: url, DEEPERHUB_API_KEY: 'key-of-a-test' };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...words], { env, timeout: 80_000 });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { child, said: () => text, exit };
}

/** Unsigned. Resolves with false once nobody listens there any more. */
async function postedTo(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'POST', body: '{}', headers: { 'x-deeperhub-event': 'order.created' } });
    return false;
  } catch {
    return true;
  }
}

class FakeApi {
  url = '';
  webhookUrl = '';
  created = 0;
  mayDelete = true;
  /** Method and path that get no answer. */
  silentTo = /^$/;
  readonly deleted: string[] = [];
  readonly asked: string[] = [];
  private held: Promise<void> = Promise.resolve();
  private readonly server = createServer((request, response) => {
    void this.answer(request, response);
  });

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** A webhook is made at once, and told of when what this returns is called. */
  holdCreation(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.held = promise;
    return () => {
      resolve(undefined);
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = `${request.method ?? ''} ${(request.url ?? '').replace(/\?.*/, '')}`;
    this.asked.push(asked);
    if (this.silentTo.test(asked)) return;
    const body = await text(request);
    const say = (status: number, value: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (asked === 'POST /v1/webhooks') {
      this.created += 1;
      this.webhookUrl = (JSON.parse(body) as { url: string }).url;
      await this.held;
      say(201, { id: 'wh_1', url: this.webhookUrl, secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}` });
    } else if (asked.endsWith('/health-checks')) say(200, { outcome: 'delivered', responseCode: 200, error: null });
    else if (asked.startsWith('DELETE')) {
      if (this.mayDelete) this.deleted.push(asked.split('/').at(-1) ?? '');
      say(this.mayDelete ? 204 : 500, {});
    } else if (asked === 'POST /v1/events') say(202, { accepted: [{ id: 'ev_1' }] });
    else if (asked.endsWith('/resend')) say(202, { round: 2 });
    else if (asked.startsWith('GET /v1/deliveries/')) say(200, { attempts: [] });
    else say(404, { code: 'not_found' });
  }
}

async function text(request: IncomingMessage): Promise<string> {
  let all = '';
  for await (const chunk of request as AsyncIterable<Buffer>) all += chunk.toString();
  return all;
}
