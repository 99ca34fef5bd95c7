/** Every command as its own help shows it: what is called, and with what. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createApiClient } from '../libs/api-client/api-client.ts';
import { allOperations } from '../libs/api-contract/operations.ts';
import { parseWords, type Command } from './command.ts';
import { clientCommands } from './commands/client-commands.ts';
import { eventCommands } from './commands/event-commands.ts';
import { replayCommands } from './commands/replay-commands.ts';
import { webhookCommands } from './commands/webhook-commands.ts';
import { commands } from './commands.ts';
import { completionScript } from './completion-scripts.ts';
import { Terminal } from './terminal.ts';

/** As a shell takes them: words in quotes are one, a pipe or a redirection ends it. */
function wordsOf(example: string): string[] {
  const words = [...example.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  const end = words.findIndex((word) => ['|', '>', '<'].includes(word));
  return end === -1 ? words : words.slice(0, end);
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
}

interface Ran {
  readonly asked: readonly Asked[];
  readonly out: string;
  readonly err: string;
}

const typeWhatIsAsked = (question: string) => /Type (\S+) to go on/.exec(question)?.[1] ?? '';

/** Runs it against an API that answers so. */
async function run(
  words: readonly string[],
  answers: readonly unknown[] = [{ data: [], nextCursor: null }],
  width = 80,
  ask: ((question: string) => string) | null = typeWhatIsAsked,
) {
  const parsed = parseWords(commands, words);
  if (parsed.kind !== 'run') throw new Error(parsed.kind);
  const asked: Asked[] = [];
  const send = async (request: Request) => {
    const { pathname: path, search: query } = new URL(request.url);
    const text = await request.text();
    const body: unknown = text === '' ? null : JSON.parse(text);
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push({ method: request.method, path, query: decodeURIComponent(query), body });
    return answer === null ? new Response(null, { status: 204 }) : Response.json(answer);
  };
  const api = createApiClient({ url: 'http://api', key: 'k', fetch: send });
  const told = { out: '', err: '' };
  const terminal = new Terminal(words.includes('--json'), {
    out: (text) => (told.out += text),
    err: (text) => (told.err += text),
    width,
    ask: ask === null ? null : (question) => Promise.resolve(ask(question)),
  });
  await parsed.command.run({
    ...{ operands: parsed.operands, given: parsed.given, terminal, signal: new AbortController().signal },
    settings: { apiUrl: 'http://api', key: () => 'k', api: () => api, env: {} },
    leave: () => undefined,
  });
  return { asked, ...told } satisfies Ran;
}

const examplesOf = (of: readonly Command[]) =>
  of.flatMap(({ examples }) => examples.map((example) => [example] as const));

describe('each example of each help', () => {
  test.each(examplesOf(commands))('%s is a command line', (example) => {
    expect(parseWords(commands, wordsOf(example))).toMatchObject({ kind: 'run' });
  });

  const resources = [...webhookCommands, ...clientCommands, ...eventCommands, ...replayCommands];
  const files = /--file (\S+)/;
  test.each(examplesOf(resources).filter(([example]) => !files.test(example)))(
    '%s calls what there is',
    async (example) => {
      const { asked } = await run(wordsOf(example));
      expect(asked.length).toBe(1);
      for (const { method, path } of asked) {
        const operation = allOperations.find(
          (one) => one.method === method.toLowerCase() && pathForm(one.path).test(path),
        );
        expect([example, operation === undefined ? 'no operation' : 'ok']).toEqual([example, 'ok']);
      }
    },
  );

  function pathForm(path: string): RegExp {
    return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
  }
});

test('settings set makes of what it is given one change', async () => {
  const words = ['/timeoutMs/default=8000', '/signature/algorithm=ed25519', '/autoDisable/isEnabled=false'];
  const { asked } = await run(['settings', 'set', ...words, '/autoDisable/minMinutes=null'], [{ revision: 1 }]);
  const autoDisable = { isEnabled: false, minMinutes: null };
  const body = { timeoutMs: { default: 8000 }, signature: { algorithm: 'ed25519' }, autoDisable };
  expect(asked).toEqual([{ method: 'PATCH', path: '/v1/settings', query: '', body }]);
  await expect(run(['settings', 'set', 'timeoutMs=1'])).rejects.toThrow('/name/of/a/setting=value');
  await expect(run(['settings', 'set', '/timeoutMs=null'])).rejects.toThrow('of /timeoutMs/default');
  await expect(run(['settings', 'set', '/autoDisable=null'])).rejects.toThrow('/autoDisable/minMinutes');
});

test('names are given once, and none is the beginning of another of two words', () => {
  const names = commands.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const firsts = new Set(names.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]));
  expect(names.filter((name) => firsts.has(name))).toEqual([]);
});

describe('a list', () => {
  const webhook = (no: number) => ({
    ...{
      id: `wh_${no}`,
      clientId: 'acme',
      url: `https://example.com/${'x'.repeat(90)}`,
      eventTypes: ['order.*', 'a.b'],
    },
    health: { state: 'failing', consecutiveFailures: 40, waiting: { count: 3 } },
  });

  test('has what was asked for in its query', async () => {
    const { asked } = await run(['webhooks', 'list', '--worst', '--state', 'failing,disabled', '--limit', '5']);
    expect(asked).toEqual([
      {
        method: 'GET',
        path: '/v1/webhooks',
        query: '?include=health&sort=worst&state=failing&state=disabled&limit=5',
        body: null,
      },
    ]);
  });

  test('goes on page by page to its limit, and says that there is more', async () => {
    const page = { data: [webhook(1), webhook(2)], nextCursor: 'c' };
    const { asked, out, err } = await run(['webhooks', 'list', '--limit', '4'], [page, page]);
    expect(asked.map(({ query }) => query)).toEqual(['?include=health&limit=4', '?include=health&limit=2&cursor=c']);
    expect(out.trim().split('\n')).toHaveLength(5);
    expect(err).toContain('There are more');
  });

  test('fits the terminal, and a pipe gets all of it', async () => {
    const page = { data: [webhook(1)], nextCursor: null };
    const { out } = await run(['webhooks', 'list'], [page], 80);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(out).toContain('wh_1');
    expect(out).toContain('…');
    const { out: json } = await run(['webhooks', 'list', '--json'], [page], 80);
    expect(JSON.parse(json)).toEqual(page);
  });

  test('of nothing says so', async () => {
    expect((await run(['clients', 'list'])).out).toBe('There is none.\n');
  });
});

describe('a change', () => {
  test('takes fields by options, by JSON and from a file, the option first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    const file = join(folder, 'body.json');
    writeFileSync(file, '{"url":"https://old.example","timeoutMs":9000}');
    try {
      const words = ['webhooks', 'create', '--client', 'acme', '--url', 'https://a.example', '--events', 'a.b, c.*'];
      const { asked, out, err } = await run(
        [...words, '--file', file],
        [{ id: 'wh_1', secret: 's', warnings: [{ code: 'x', message: 'did you mean a.c?' }] }],
      );
      expect(asked[0]).toMatchObject({
        method: 'POST',
        body: { clientId: 'acme', url: 'https://a.example', eventTypes: ['a.b', 'c.*'], timeoutMs: 9000 },
      });
      expect([out, err]).toEqual([expect.stringContaining('secret'), 'Warning: did you mean a.c?\n']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('that says nothing, or no JSON, is refused before anything is asked', async () => {
    await expect(run(['webhooks', 'change', 'wh_1'])).rejects.toThrow('Say what to change');
    await expect(run(['webhooks', 'change', 'wh_1', '--data', '{'])).rejects.toThrow('not JSON');
    await expect(run(['webhooks', 'change', 'wh_1', '--data', '[]'])).rejects.toThrow('JSON object');
  });

  test('without an answer says that it is done', async () => {
    const { asked, out } = await run(['keys', 'revoke', 'key_1', '--client', 'acme'], [null]);
    expect(asked[0]).toMatchObject({ method: 'DELETE', path: '/v1/clients/acme/api-keys/key_1' });
    expect(out).toBe('It is revoked.\n');
    const json = await run(['webhooks', 'delete', 'wh_1', '--json'], [null]);
    expect(JSON.parse(json.out)).toEqual({ id: 'wh_1', done: true });
  });
});

test.each([
  ['clients leave acme', 'acme'],
  ['events erase evt-1', 'evt-1'],
  ['audit erase ann@example.com', 'ann@example.com'],
])('%s is asked first, and done when %s is typed or --yes is given', async (line, subject) => {
  const words = line.split(' ');
  const askedFor: string[] = [];
  const type = (typed: string) => (question: string) => {
    askedFor.push(question);
    return typed;
  };
  await expect(run(words, [{}], 80, null)).rejects.toThrow(
    'cannot be undone. Without a terminal to ask at, it takes --yes',
  );
  await expect(run(words, [{}], 80, type('y'))).rejects.toThrow('nothing was done');
  expect((await run(words, [{}], 80, type(subject))).asked).toHaveLength(1);
  expect(askedFor).toHaveLength(2);
  expect((await run([...words, '--yes'], [{}], 80, null)).asked).toHaveLength(1);
});

test.each([
  [['webhook', 'list'], 'Did you mean webhooks'],
  [['webhooks', 'lst'], 'Did you mean webhooks list?'],
  [['stat'], 'Did you mean stats?'],
  [['webhooks', 'list', '--wurst'], 'Did you mean --worst?'],
  [['nothing-like-it'], 'There are listen'],
])('%j: %s', (words, hint) => {
  expect(() => parseWords(commands, words)).toThrow(hint);
});

describe('completion', () => {
  const complete = (...words: string[]) => {
    const script = `${completionScript('bash', commands)}
COMP_WORDS=(deeperhub-webhooks "$@"); COMP_CWORD=$#; _deeperhub_webhooks; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' })
      .trim()
      .split(' ');
  };

  test('of bash knows commands, their second words and their options', () => {
    expect(complete('deliv')).toEqual(['deliveries']);
    expect(complete('deliveries', '')).toEqual(['list', 'show', 'resend']);
    expect(complete('deliveries', 'list', '--st')).toEqual(['--status']);
    expect(complete('why', '--api')).toEqual(['--api-only', '--api-url', '--api-key']);
  });

  test('of zsh and fish names every command', () => {
    for (const { name } of commands) {
      const [first = '', second = first] = name.split(' ');
      expect(completionScript('fish', commands)).toContain(`-a ${second} `);
      expect(completionScript('zsh', commands)).toContain(`'${name}'*)`);
    }
  });
});
