/** The body of a request, from --data or --file, and from options that stand for single fields. */
import type { CommandContext, Option } from './command.ts';
import { CliFailure } from './failure.ts';
import { readInput } from './input.ts';
import { timeAheadOption, timeOption } from './time-option.ts';

export const bodyOptions: Readonly<Record<string, Option>> = {
  data: { takes: 'JSON', text: 'fields as the API takes them; options for single fields are stronger' },
  file: { takes: 'FILE', text: 'the same from a file, or - for standard input' },
};

/** An option for one field. */
export interface FieldOption extends Option {
  readonly field: string;
  /** How the text becomes a value; `ahead`: a time to come, `ago`: one that is over, `number`. Default: as it is. */
  readonly as?: 'list' | 'flag' | 'ahead' | 'ago' | 'number';
}

export type FieldOptions = Readonly<Record<string, FieldOption>>;

/** @throws CliFailure usage */
export async function requestBody(
  { given, signal }: Pick<CommandContext, 'given' | 'signal'>,
  fields: FieldOptions,
): Promise<object> {
  const file = given.text('file');
  const text = file === null ? given.text('data') : (await readInput(file, 'body', signal)).toString();
  const body = text === null ? {} : objectOf(text);
  const named: Record<string, unknown> = {};
  for (const [option, { field, as }] of Object.entries(fields)) {
    const value = given.text(option);
    if (as === 'flag' && given.has(option)) named[field] = true;
    else if (value !== null && as === 'ahead') named[field] = timeAheadOption(option, value, Date.now());
    else if (value !== null && as === 'ago') named[field] = timeOption(option, value, Date.now());
    else if (value !== null && as === 'number') named[field] = Number(value);
    else if (value !== null) named[field] = as === 'list' ? value.split(',').map((one) => one.trim()) : value;
  }
  return { ...body, ...named };
}

function objectOf(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CliFailure('usage', `The body is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new CliFailure('usage', 'The body has to be a JSON object.');
}
