/**
 * The receivers of docs/receiving.md as a client's developer would run them, each in its own language: a genuine request is
 * taken once however often it comes, and a forged, an old or a changed one is not. Which runtimes a machine has differs;
 * Node.js and Java are asked for by the project itself, the others are tried where they are.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  prepareSigningKey,
  publicKeyOf,
  secretFrom,
  signSimple,
  signStandardWebhooks,
} from '../../../libs/domain/signature/signature.ts';
import type { AttemptResult } from '../../../libs/domain/delivery/attempt.ts';
import { freePorts } from '../../../stack/ports.ts';
import { repositoryRoot } from '../../../stack/repository.ts';
import { until } from '../../support/until.ts';
import { closeAll, makeSender, post } from '../sender/sender-factory.ts';

const folder = join(repositoryRoot, 'docs', 'receivers');
const scratch = mkdtempSync(join(tmpdir(), 'webhooks-receivers-'));
const running: ChildProcess[] = [];
/** What delivers in the dispatcher: how each server ends a connection or an answer is its business. */
const sender = makeSender();

interface Language {
  readonly name: string;
  readonly probe: readonly string[];
  /** What has to be run once before it, in a minute or two. */
  readonly build?: readonly string[];
  command(port: number): readonly string[];
  /** With a public key, for webhooks of ed25519. */
  readonly hasEd25519: boolean;
}

const languages: readonly Language[] = [
  {
    name: 'Node.js',
    probe: ['node', '--version'],
    command: () => [process.execPath, 'node.mjs'],
    hasEd25519: true,
  },
  {
    name: 'Fastify',
    probe: ['node', '--version'],
    command: () => [process.execPath, 'fastify.mjs'],
    hasEd25519: true,
  },
  { name: 'Java', probe: ['java', '--version'], command: () => ['java', 'Receiver.java'], hasEd25519: true },
  { name: 'Python', probe: ['python3', '--version'], command: () => ['python3', 'receiver.py'], hasEd25519: false },
  {
    name: 'Go',
    probe: ['go', 'version'],
    build: ['go', 'build', '-o', join(scratch, 'receiver'), 'receiver.go'],
    command: () => [join(scratch, 'receiver')],
    hasEd25519: true,
  },
  {
    name: 'PHP',
    probe: ['php', '--version'],
    command: (port) => ['php', '-S', `127.0.0.1:${port}`, 'receiver.php'],
    hasEd25519: true,
  },
  {
    name: 'Ruby',
    probe: ['ruby', '-rwebrick', '--version'],
    command: () => ['ruby', 'receiver.rb'],
    hasEd25519: false,
  },
];

const [here, missing] = [true, false].map((wanted) =>
  languages.filter(({ probe: [command = '', ...args] }) => (spawnSync(command, args).status === 0) === wanted),
) as [Language[], Language[]];
for (const { name } of missing) process.stdout.write(`not tried, because it is not on this machine: ${name}\n`);

interface Receiver {
  readonly url: string;
  /** What it says for each event that it takes. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

async function start(language: Language, secret: string): Promise<Receiver> {
  const [port = 0] = await freePorts(1);
  const [command = '', ...args] = language.command(port);
  const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port), TMPDIR: scratch };
  // The wrappers of some runtimes start the receiver as a child: all of it ends by its group.
  const child = spawn(command, args, { cwd: folder, env, detached: true });
  running.push(child);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let trouble = '';
  child.stderr.on('data', (chunk: Buffer) => (trouble += chunk.toString()));
  const url = `http://127.0.0.1:${port}/hook`;
  const answers = async () => {
    if (child.exitCode !== null) throw new Error(`${language.name} ended: ${trouble}`);
    return (await fetch(url, { method: 'POST' }).catch(() => null))?.status === 401;
  };
  await until(answers, { timeoutMs: 50_000, everyMs: 100, what: `${language.name} answers` });
  return {
    url,
    get lines() {
      return said.split('\n').filter((line) => line.startsWith('received '));
    },
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

afterAll(async () => {
  await closeAll();
  await Promise.all(running.map(end));
  rmSync(scratch, { recursive: true, force: true });
});

interface Message {
  readonly id: string;
  readonly body: string;
  readonly secrets: readonly string[];
  readonly ageS?: number;
  /** Sent in place of the body that was signed. */
  readonly changed?: string;
}

async function deliver(receiver: Receiver, message: Message): Promise<number> {
  const timestampS = Math.floor(Date.now() / 1000) - (message.ageS ?? 0);
  const secrets = message.secrets.map(prepareSigningKey);
  const signed = { id: message.id, timestampS, body: Buffer.from(message.body), secrets };
  const headers = {
    'content-type': 'application/json',
    'webhook-id': message.id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signStandardWebhooks(signed),
  };
  return codeOf(
    await sender.send(
      post(receiver.url, { headers, body: Buffer.from(message.changed ?? message.body), timeoutMs: 20_000 }),
    ),
  );
}

/** Of an answer in which nothing was odd. */
function codeOf(result: AttemptResult): number {
  if (result.kind !== 'answer' || result.flaw !== undefined)
    throw new Error(`no clean answer: ${JSON.stringify(result)}`);
  return result.code;
}

const algorithms = ['hmac-sha256', 'ed25519'] as const;

describe.each(here)('$name', (language) => {
  beforeAll(() => {
    const [command, ...args] = language.build ?? [];
    if (command !== undefined) execFileSync(command, args, { cwd: folder, stdio: 'pipe' });
  }, 240_000);

  test.each(algorithms.filter((algorithm) => algorithm === 'hmac-sha256' || language.hasEd25519))(
    '%s: takes what is genuine once, and nothing else',
    async (algorithm) => {
      const [own, old, foreign] = [1, 2, 3].map((byte) => secretFrom(algorithm, Buffer.alloc(32, byte))) as [
        string,
        string,
        string,
      ];
      const receiver = await start(language, publicKeyOf(prepareSigningKey(own)) ?? own);
      const body = '{"text":"Zoë – 12.50 €","list":[1,2]}';
      const genuine = { id: 'msg_1', body, secrets: [own] };
      expect(await deliver(receiver, genuine)).toBe(204);
      expect(await deliver(receiver, genuine)).toBe(204);
      // In the overlap of a rotation it is signed with both.
      expect(await deliver(receiver, { id: 'msg_2', body, secrets: [foreign, own] })).toBe(204);
      expect(await deliver(receiver, { id: 'msg_3', body, secrets: [foreign] })).toBe(401);
      expect(await deliver(receiver, { id: 'msg_4', body, secrets: [old, foreign] })).toBe(401);
      expect(await deliver(receiver, { id: 'msg_5', body, secrets: [own], ageS: 301 + 5 })).toBe(401);
      expect(await deliver(receiver, { id: 'msg_6', body, secrets: [own], ageS: -301 - 5 })).toBe(401);
      expect(await deliver(receiver, { id: 'msg_7', body, secrets: [own], changed: body.replace('12', '13') })).toBe(
        401,
      );
      // An empty body is signed as well.
      expect(await deliver(receiver, { id: 'msg_8', body: '', secrets: [own] })).toBe(204);
      await until(() => receiver.lines.length >= 3, { timeoutMs: 5_000, what: 'it says what it took' });
      expect(receiver.lines).toEqual([`received msg_1 ${body}`, `received msg_2 ${body}`, 'received msg_8 ']);
      await receiver.stop();
    },
    120_000,
  );

  test('a secret that is plain text is its own key', async () => {
    const own = 'a text of ours, with blanks_and more';
    const receiver = await start(language, own);
    expect(await deliver(receiver, { id: 'msg_1', body: '{}', secrets: [own] })).toBe(204);
    const foreign = secretFrom('hmac-sha256', Buffer.from(own.slice(0, 32)));
    expect(await deliver(receiver, { id: 'msg_2', body: '{}', secrets: [foreign] })).toBe(401);
    await receiver.stop();
  }, 120_000);
});

const python = spawnSync('python3', ['--version']).status === 0 ? test : test.skip;

python(
  "every way in which Python's own server may answer is an answer",
  async () => {
    const child = spawn('python3', [join(repositoryRoot, 'test/support/receivers/plain_server.py')], {
      detached: true,
    });
    running.push(child);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes('\n'), { timeoutMs: 20_000, what: 'Python says its ports' });
    const [current, ofOldHttp] = said.trim().split(' ');
    const ways = ['kept', 'close', 'chunked', 'until-closed', 'continue'].map((way) => `${current}/${way}`);
    const urls = [...ways, ...['kept', 'until-closed'].map((way) => `${ofOldHttp}/${way}`)];
    for (const url of urls.flatMap((one) => [one, one])) {
      const result = await sender.send(post(`http://127.0.0.1:${url}`, { timeoutMs: 20_000 }));
      expect(codeOf(result)).toBe(200);
      expect(result.kind === 'answer' && result.bodySample.toString()).toBe('took 11');
      expect(result.wasSentAgain).toBeUndefined();
    }
    await end(child);
  },
  60_000,
);

test('the languages that the project itself asks for were tried', () => {
  expect(here.map(({ name }) => name)).toEqual(expect.arrayContaining(['Node.js', 'Fastify', 'Java']));
});

describe('docs/receiving.md', () => {
  const text = readFileSync(join(repositoryRoot, 'docs', 'receiving.md'), 'utf8');
  const after = (mark: string) => new RegExp(`<!-- vector: ${mark} -->\\s+\`\`\`text\\n(.*)\\n`).exec(text)?.[1];

  test('shows the signatures that are sent', () => {
    const secrets = [prepareSigningKey(/secret=(whsec_\S+)/.exec(text)?.[1] ?? '')];
    const message = { id: 'msg_1', timestampS: 1_700_000_000, body: Buffer.from('{"amount":12.5}'), secrets };
    expect(text).toContain(`'msg_1.1700000000.${message.body.toString()}'`);
    expect(after('standard')).toBe(signStandardWebhooks(message));
    expect(after('simple')).toBe(signSimple(secrets, message.timestampS, message.body));
  });

  test('links every receiver that there is', () => {
    const linked = [...text.matchAll(/\(receivers\/([^)]+)\)/g)].map(([, name]) => name);
    expect([...linked, 'verify.mjs'].sort()).toEqual(readdirSync(folder).sort());
  });
});
