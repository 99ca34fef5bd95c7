/** The command line: words in, a result on standard output, an exit code. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { trustAuthorities } from '../libs/runtime/authorities.ts';
import { parseWords, type Command } from './command.ts';
import { commands } from './commands.ts';
import { Ending } from './ending.ts';
import { exitCodes } from './exit-codes.ts';
import { helpOf, helpOfAll } from './help.ts';
import { readSettings } from './settings.ts';
import { Terminal } from './terminal.ts';

/** Above sources and above dist/ alike. Null: this is no checkout, but a package. */
function repositoryRoot(): string | null {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package-lock.json')) && existsSync(join(folder, 'stack'))) return folder;
    if (dirname(folder) === folder) return null;
  }
}

/** Of the package that this is in. */
function version(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

async function run(words: readonly string[], terminal: Terminal, ending: Ending): Promise<void> {
  const parsed = parseWords(commands, words);
  switch (parsed.kind) {
    case 'help':
      terminal.raw(`${helpText(parsed.command)}\n`);
      return;
    case 'version':
      terminal.raw(`${version()}\n`);
      return;
    case 'run': {
      const { command, operands, given } = parsed;
      const settings = readSettings(given, process.env, repositoryRoot());
      trustAuthorities(settings.env);
      ending.isEndless = command.isEndless === true;
      const leave = (sentence: string | null) => {
        ending.leftBehind = sentence;
      };
      await command.run({ operands, given, settings, terminal, signal: ending.signal, leave });
    }
  }
}

function helpText(command: Command | null): string {
  return command === null ? helpOfAll(commands) : helpOf(command);
}

/** Beside the result, on standard error. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await asking.question(question, { signal });
  } finally {
    asking.close();
  }
}

const words = process.argv.slice(2);
const ending = new Ending({
  cutOff: (leftBehind) => {
    if (leftBehind !== null) terminal.fail('interrupted', [leftBehind], exitCodes.interrupted.code);
    process.exit(exitCodes.interrupted.code);
  },
});
const terminal = new Terminal(words.includes('--json'), {
  out: (text) => ending.isRead && process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  width: process.stdout.isTTY ? process.stdout.columns : null,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
});
let exitCode: number = exitCodes.done.code;
try {
  await run(words, terminal, ending);
} catch (error) {
  const { kind, code, lines } = ending.told(error);
  exitCode = exitCodes[kind].code;
  if (lines.some((line) => line !== '')) terminal.fail(code, lines, exitCode);
}
// What is written is out before the process leaves: pipes are written to in the background.
if (ending.isRead) process.stdout.write('', () => process.exit(exitCode));
else process.exit(exitCode);
