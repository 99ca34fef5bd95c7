import { describe, expect, test } from '@jest/globals';
import { parseWords, type Command } from './command.ts';
import { commands } from './commands.ts';
import { helpOf, helpOfAll } from './help.ts';

const parsed = (line: string) => parseWords(commands, line === '' ? [] : line.split(' '));

describe('words', () => {
  test('name a command, its operands and options', () => {
    const words = parsed('deliveries resend a b --wait --timeout 5 --json');
    if (words.kind !== 'run') throw new Error(words.kind);
    expect([words.command.name, words.operands]).toEqual(['deliveries resend', ['a', 'b']]);
    expect(words.given.has('wait')).toBe(true);
    expect(words.given.has('help')).toBe(false);
    expect(words.given.whole('timeout', { min: 1, max: 10 })).toBe(5);
    expect(words.given.text('api-url')).toBeNull();
  });

  test('repeat where a list is taken', () => {
    const words = parsed('verify --header a:1 --header b:2');
    expect(words.kind === 'run' && words.given.texts('header')).toEqual(['a:1', 'b:2']);
  });

  test.each([
    ['--help', null],
    ['-h', null],
    ['help', null],
    ['help topics', 'topics'],
    ['topics --help', 'topics'],
    ['deliveries list --no-such --help', 'deliveries list'],
  ])('%s asks for help', (line, name) => {
    const words = parsed(line);
    expect(words.kind === 'help' && (words.command?.name ?? null)).toBe(name);
  });

  test.each([
    ['', /Name a command: listen/],
    ['deliver', /no command 'deliver'/],
    ['deliveries', /another word: deliveries list, deliveries show/],
    ['topics --no-such', /Unknown option '--no-such'/],
    ['listen extra', /takes nothing but options/],
    ['deliveries show', /takes <id>/],
    ['deliveries list --limit', /--limit/],
  ])('%j is refused', (line, reason) => {
    expect(() => parsed(line)).toThrow(reason);
  });

  test.each([
    ['0', /from 1 to 10, not '0'/],
    ['11', /from 1 to 10/],
    ['1.5', /whole number/],
    ['0x5', /whole number/],
    ['', /whole number/],
  ])('a number %j is refused', (value, reason) => {
    const words = parseWords(commands, ['deliveries', 'list', '--limit', value]);
    expect(() => words.kind === 'run' && words.given.whole('limit', { min: 1, max: 10 })).toThrow(reason);
  });

  test('of a fixed list have to be in it', () => {
    const words = parsed('deliveries list --status lost');
    expect(() => words.kind === 'run' && words.given.word('status', ['delivered'])).toThrow(
      /one of delivered, not 'lost'/,
    );
  });
});

describe('help', () => {
  test('of all names every command and exit code', () => {
    const text = helpOfAll(commands);
    const width = Math.max(...commands.map(({ name }) => name.length));
    for (const { name, summary } of commands) expect(text).toContain(`${name.padEnd(width)}  ${summary}`);
    expect(text).toMatch(/^ {2}4 {2}A signature does not verify/m);
  });

  test.each(commands.map((command) => [command.name, command] as const))('of %s names its options', (_, command) => {
    const text = helpOf(command);
    for (const option of Object.keys(command.options)) expect(text).toContain(`--${option}`);
    for (const line of ['--json', '--api-url URL', 'Exit codes:', command.examples[0] ?? '-'])
      expect(text).toContain(line);
  });

  test.each(commands.flatMap(({ examples }) => examples.map((example) => [example])))(
    'its example works: %s',
    (line) => {
      const words = line.replace(/ [|<].*$/, '').match(/'[^']*'|\S+/g) ?? [];
      const { kind } = parseWords(
        commands,
        words.map((word) => word.replace(/^'|'$/g, '')),
      );
      expect(kind).toBe('run');
    },
  );
});

test('commands have names that no other begins with', () => {
  const names = commands.map(({ name }: Command) => name);
  expect(names.filter((name) => names.some((other) => other !== name && other.startsWith(`${name} `)))).toEqual([]);
});
