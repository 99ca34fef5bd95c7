/**
 * What a command takes, and how words of a command line become it. Pure: in go the words, out comes what they mean, the
 * text of --help, or what is wrong with them.
 */
import { parseArgs } from 'node:util';
import { closestWord } from '../libs/domain/closest-word.ts';
import type { Terminal } from './terminal.ts';
import type { Settings } from './settings.ts';
import { CliFailure } from './failure.ts';

export interface Option {
  /** What it takes, such as ID; null: it is there or not. */
  readonly takes: string | null;
  /** May be given several times. */
  readonly isList?: boolean;
  readonly text: string;
}

export interface Command {
  /** One or two words. */
  readonly name: string;
  readonly summary: string;
  /** Such as `<id>…`; what is not named here is refused. */
  readonly operands: string;
  readonly operandsMin: number;
  readonly operandsMax: number;
  readonly options: Readonly<Record<string, Option>>;
  /** Further paragraphs of --help. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  /** False: it speaks with no API, and needs no key. */
  readonly needsApi: boolean;
  /** It goes on until the person or the reader of its output has enough: that is a good end. */
  readonly isEndless?: boolean;
  readonly run: (context: CommandContext) => Promise<void>;
}

export interface CommandContext {
  readonly operands: readonly string[];
  readonly given: Given;
  readonly settings: Settings;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C, SIGTERM or a closed terminal; for an endless one also when nobody reads its output any more. */
  readonly signal: AbortSignal;
  /** Says what would stay behind if it ended at once, and what removes that; null: nothing. */
  readonly leave: (sentence: string | null) => void;
}

export const commonOptions: Readonly<Record<string, Option>> = {
  json: { takes: null, text: 'machine-readable: one JSON document, or one per line of an endless stream' },
  'api-url': { takes: 'URL', text: 'address of the API (DEEPERHUB_API_URL; default http://127.0.0.1:3000)' },
  'key-file': {
    takes: 'FILE',
    text: 'file with the API key (DEEPERHUB_API_KEY_FILE, or the key in DEEPERHUB_API_KEY)',
  },
  'api-key': { takes: 'KEY', text: 'the key itself; other users of this machine may see it' },
  help: { takes: null, text: 'this text' },
};

export type ParsedWords =
  | { readonly kind: 'run'; readonly command: Command; readonly operands: readonly string[]; readonly given: Given }
  | { readonly kind: 'help'; readonly command: Command | null }
  | { readonly kind: 'version' };

/** @throws CliFailure usage */
export function parseWords(commands: readonly Command[], words: readonly string[]): ParsedWords {
  if (words[0] === 'help') return { kind: 'help', command: commandIn(commands, words.slice(1)) };
  if (words[0] === '--version') return { kind: 'version' };
  const isHelp = words.includes('--help') || words.includes('-h');
  if (words.length === 0) throw new CliFailure('usage', `Name a command: ${listed(commands)}.`);
  const command = commandIn(commands, words);
  if (isHelp) return { kind: 'help', command };
  if (command === null) {
    const group = commands.filter(({ name }) => name.startsWith(`${words[0] ?? ''} `));
    throw new CliFailure(
      'usage',
      group.length > 0
        ? `'${words[0] ?? ''}' takes another word: ${listed(group)}.${meant(words.slice(0, 2).join(' '), group)}`
        : `There is no command '${words[0] ?? ''}'.${meant(words[0] ?? '', commands) || ` There are ${listed(commands)}.`}`,
    );
  }
  return { kind: 'run', command, ...operandsAndOptions(command, words.slice(command.name.split(' ').length)) };
}

/** With a blank before it; empty when nothing is near. */
function meant(written: string, commands: readonly Command[]): string {
  const first = commands.map(({ name }) => name.split(' ')[0] ?? name);
  const names = commands.map(({ name }) => name);
  const found = closestWord(written, written.includes(' ') ? names : new Set([...first, ...names]));
  return found === null ? '' : ` Did you mean ${found}?`;
}

function commandIn(commands: readonly Command[], words: readonly string[]): Command | null {
  return commands.find(({ name }) => name.split(' ').every((word, index) => words[index] === word)) ?? null;
}

function listed(commands: readonly Command[]): string {
  return commands.map(({ name }) => name).join(', ');
}

function operandsAndOptions(command: Command, words: readonly string[]) {
  const options = { ...command.options, ...commonOptions };
  let parsed;
  try {
    parsed = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, { takes, isList = false }]) => [
          name,
          { type: takes === null ? ('boolean' as const) : ('string' as const), multiple: isList },
        ]),
      ),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ', 1)[0] : String(error);
    const unknown = /Unknown option '--([^'\s]+)'/.exec(reason ?? '')?.[1];
    const near = unknown === undefined ? null : closestWord(unknown, Object.keys(options));
    const hint = near === null ? '' : ` Did you mean --${near}?`;
    throw new CliFailure('usage', `${reason ?? ''}.${hint} See deeperhub-webhooks ${command.name} --help.`);
  }
  const { positionals: operands, values } = parsed;
  if (operands.length < command.operandsMin || operands.length > command.operandsMax) {
    const usage = command.operands === '' ? 'nothing but options' : command.operands;
    throw new CliFailure('usage', `'${command.name}' takes ${usage}. See deeperhub-webhooks ${command.name} --help.`);
  }
  return { operands, given: new Given(values) };
}

/** The options that were given, by name. */
export class Given {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }

  has(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | null {
    const value = this.values[name];
    return typeof value === 'string' ? value : null;
  }

  texts(name: string): readonly string[] {
    const value = this.values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  /** @throws CliFailure usage */
  whole(name: string, { min, max }: { readonly min: number; readonly max: number }): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new CliFailure('usage', `--${name} has to be a whole number from ${min} to ${max}, not '${text}'.`);
  }

  /** @throws CliFailure usage */
  word<const Word extends string>(name: string, words: readonly Word[]): Word | null {
    const text = this.text(name);
    const found = words.find((word) => word === text);
    if (text === null || found !== undefined) return found ?? null;
    throw new CliFailure('usage', `--${name} has to be one of ${words.join(', ')}, not '${text}'.`);
  }
}
