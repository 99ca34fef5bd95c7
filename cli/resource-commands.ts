/**
 * Commands that are one call of the API: they list, show, create, change or delete. In: what to call, which options become
 * parameters or fields, which members are columns. Out: a command.
 */
import { fieldLines } from '../libs/domain/payload/printable.ts';
import { apiCall, type Method } from './api-call.ts';
import type { Command, CommandContext, Option } from './command.ts';
import { confirmationOptions, confirmed } from './confirmation.ts';
import { CliFailure } from './failure.ts';
import { timeOption } from './time-option.ts';
import { bodyOptions, requestBody, type FieldOptions } from './request-body.ts';

interface Named {
  readonly name: string;
  readonly summary: string;
  readonly path: string;
  readonly examples: readonly string[];
  readonly notes?: readonly string[];
  /** Of the path that is called instead where this option is given, whose value is its first parameter. */
  readonly within?: { readonly option: string; readonly path: string };
}

/** An option that becomes a parameter of the query. */
export interface QueryOption extends Option {
  readonly query: string;
  readonly as?: 'time' | 'list' | 'flag';
  /** Of a flag: what it stands for. */
  readonly value?: string;
}

type Item = Readonly<Record<string, unknown>>;

interface ListOptions extends Named {
  readonly filters: Readonly<Record<string, QueryOption>>;
  /** Head of a column, and the member that it shows, such as `health.state`. */
  readonly columns: readonly (readonly [head: string, member: string])[];
  readonly query?: Readonly<Record<string, string>>;
}

const limitDefault = 20;
const limitMax = 10_000;
/** Of the API. */
const pageMax = 250;

export function listCommand({ filters, columns, query = {}, ...named }: ListOptions): Command {
  return {
    ...described(named, 0),
    options: {
      ...withinOption(named),
      ...filters,
      limit: { takes: 'N', text: `at most this many (${limitDefault}; at most ${limitMax})` },
      cursor: { takes: 'CURSOR', text: 'continues where a list ended (nextCursor of --json)' },
    },
    run: async (context) => {
      const { given, settings, terminal, signal } = context;
      const limit = given.whole('limit', { min: 1, max: limitMax }) ?? limitDefault;
      const api = settings.api(signal);
      const asked = { ...query, ...queryOf(context, filters) };
      const data: Item[] = [];
      let cursor = given.text('cursor');
      do {
        const page = (await apiCall(api, {
          method: 'get',
          ...targetOf(named, context),
          query: { ...asked, limit: Math.min(limit - data.length, pageMax), ...(cursor !== null && { cursor }) },
        })) as { readonly data: readonly Item[]; readonly nextCursor: string | null };
        data.push(...page.data);
        cursor = page.nextCursor;
      } while (cursor !== null && data.length < limit);
      const rows = data.map((item) => columns.map(([, member]) => cellOf(item, member)));
      terminal.table(
        { data, nextCursor: cursor },
        columns.map(([head]) => head),
        rows,
      );
      if (cursor !== null && !terminal.isJson) terminal.remark('There are more: give a larger --limit.');
    },
  };
}

interface ShowOptions extends Named {
  readonly filters?: Readonly<Record<string, QueryOption>>;
}

export function showCommand({ filters = {}, ...named }: ShowOptions): Command {
  return {
    ...described(named, placesOf(named.path)),
    options: { ...withinOption(named), ...filters },
    run: async (context) => {
      const { settings, terminal, signal } = context;
      const call = { method: 'get', ...targetOf(named, context), query: queryOf(context, filters) } as const;
      const shown = (await apiCall(settings.api(signal), call)) as Item;
      terminal.show(shown, () => objectLines(shown));
    },
  };
}

interface ChangeOptions extends Named {
  readonly method: Exclude<Method, 'get'>;
  /** Null: it takes no body. */
  readonly fields: FieldOptions | null;
  readonly filters?: Readonly<Record<string, QueryOption>>;
  /** What is about to happen, of what cannot be undone: then it asks first. */
  readonly warning?: string;
  /** Said of it when it is done and nothing is answered. */
  readonly done?: string;
  /** Of an answer that says that it failed: what the command ends with; null otherwise. */
  readonly failure?: (answer: Item) => string | null;
}

/** Creates, changes or deletes. */
export function changeCommand(options: ChangeOptions): Command {
  const { method, fields, filters = {}, warning, done = 'Done.', failure = () => null, ...named } = options;
  return {
    ...described(named, placesOf(named.path)),
    options: {
      ...withinOption(named),
      ...filters,
      ...(fields === null ? {} : { ...fields, ...bodyOptions }),
      ...(warning === undefined ? {} : confirmationOptions),
    },
    run: async (context) => {
      const { settings, terminal, signal, operands } = context;
      const body = fields === null ? undefined : await requestBody(context, fields);
      if (method === 'patch' && Object.keys(body ?? {}).length === 0) {
        throw new CliFailure(
          'usage',
          `Say what to change: --data, --file or an option of its own. See ${named.name} --help.`,
        );
      }
      if (warning !== undefined) await confirmed(context, warning, operands.at(-1) ?? '');
      const query = queryOf(context, filters);
      const call = { method, ...targetOf(named, context), query, ...(body !== undefined && { body }) };
      const answer = ((await apiCall(settings.api(signal), call)) ?? null) as Item | null;
      for (const { message } of (answer?.['warnings'] ?? []) as { message: string }[]) {
        terminal.remark(`Warning: ${message}`);
      }
      terminal.show(answer ?? { id: operands.at(-1) ?? null, done: true }, () =>
        answer === null ? [done] : objectLines(answer),
      );
      const failed = answer === null ? null : failure(answer);
      if (failed !== null) throw new CliFailure('refused', failed);
    },
  };
}

/** Every member by its name; lists of words in one line, what is deeper as JSON. What is null or empty is left out. */
export function objectLines(object: Item): readonly string[] {
  const shown = Object.entries(object).flatMap(([name, value]) => {
    const text = valueText(value);
    return text === '' ? [] : [[name, text] as const];
  });
  return shown.length === 0 ? ['It has nothing to show.'] : fieldLines(Object.fromEntries(shown));
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(', ');
  const text = JSON.stringify(value);
  return text === '{}' || text === '[]' ? '' : text;
}

function cellOf(item: Item, member: string): string {
  const value = member
    .split('.')
    .reduce<unknown>(
      (found, name) => (typeof found === 'object' && found !== null ? (found as Item)[name] : null),
      item,
    );
  return valueText(value) || '-';
}

function placesOf(path: string): number {
  return path.split('{').length - 1;
}

function described({ name, summary, notes, examples, path }: Named, operands: number) {
  const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, place = '']) => `<${operandNames[place] ?? place}>`);
  return {
    ...{ name, summary, examples, needsApi: true, operandsMin: operands, operandsMax: operands },
    ...(notes !== undefined && { notes }),
    operands: operands === 0 ? '' : places.join(' '),
  };
}

const operandNames: Readonly<Record<string, string>> = { keyId: 'key id' };

function withinOption({ within }: Named): Readonly<Record<string, Option>> {
  return within === undefined ? {} : { [within.option]: { takes: 'ID', text: `of this ${within.option}` } };
}

/** The path that is meant, and what stands for its places. */
function targetOf({ path, within }: Named, { operands, given }: CommandContext) {
  const owner = within === undefined ? null : given.text(within.option);
  const chosen = within === undefined || owner === null ? path : within.path;
  const values = [...(owner === null ? [] : [owner]), ...operands];
  const places = [...chosen.matchAll(/\{(\w+)\}/g)].map(([, place = '']) => place);
  return { path: chosen, params: Object.fromEntries(places.map((place, index) => [place, values[index] ?? ''])) };
}

function queryOf({ given }: CommandContext, filters: Readonly<Record<string, QueryOption>>): Record<string, unknown> {
  const now = Date.now();
  const named: Record<string, unknown> = {};
  for (const [option, { query, as, value, isList = false }] of Object.entries(filters)) {
    const text = given.text(option);
    if (as === 'flag') {
      if (given.has(option)) named[query] = value ?? true;
    } else if (isList) {
      if (given.texts(option).length > 0) named[query] = given.texts(option);
    } else if (text !== null) named[query] = valueOf(text, as, option, now);
  }
  return named;
}

/** @throws CliFailure usage */
function valueOf(text: string, as: QueryOption['as'], option: string, now: number): string | readonly string[] {
  if (as === 'time') return timeOption(option, text, now);
  return as === 'list' ? text.split(',') : text;
}
