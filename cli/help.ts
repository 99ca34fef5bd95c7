/** The texts of --help. Pure. */
import { commonOptions, type Command, type Option } from './command.ts';
import { exitCodes } from './exit-codes.ts';

const program = 'deeperhub-webhooks';

export function helpOfAll(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    `${program} <command> [options]`,
    '',
    'Develops and operates webhooks from a terminal, over the management API.',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Options of every command:',
    ...optionLines(commonOptions),
    '',
    'Exit codes:',
    ...exitLines(),
    '',
    `More about one: ${program} <command> --help`,
  ].join('\n');
}

export function helpOf(command: Command): string {
  const { name, operands, summary, options, notes = [], examples } = command;
  return [
    [program, name, operands, '[options]'].filter((word) => word !== '').join(' '),
    '',
    summary,
    ...notes.flatMap((note) => ['', note]),
    '',
    'Options:',
    ...optionLines({ ...options, ...commonOptions }),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map((example) => `  ${program} ${example}`),
    '',
    'Exit codes:',
    ...exitLines(),
  ].join('\n');
}

function optionLines(options: Readonly<Record<string, Option>>): readonly string[] {
  const rows = Object.entries(options).map(([name, { takes, isList = false, text }]) => ({
    left: `--${name}${takes === null ? '' : ` ${takes}`}${isList ? ' …' : ''}`,
    text,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, text }) => `  ${left.padEnd(width)}  ${text}`);
}

function exitLines(): readonly string[] {
  return Object.values(exitCodes).map(({ code, meaning }) => `  ${code}  ${meaning}`);
}
