/**
 * Configuration from environment variables: each app names the keys it reads, all problems are reported at once,
 * and any key may come from a file instead (`NAME_FILE`, for secrets that are mounted).
 */
import { readFileSync } from 'node:fs';
import { hiddenText, quoted, maskedText } from './masked-value.ts';

/** How one key is read: `parse` throws an Error whose message goes on from its name: "must be …, not …". */
export interface ConfigKey<T> {
  readonly description: string;
  /** Unit of a number, such as ms; empty where there is none. */
  readonly unit: string;
  /** The default as it would be written in the environment; null when the key must be set. */
  readonly default: string | null;
  /** Masked wherever configuration is shown. */
  readonly secret: boolean;
  readonly parse: (text: string) => T;
  /** As it may be told; left out: as {@link maskedText} has it. */
  readonly shown?: (text: string) => string;
  /** Why it does not go with the values of other keys, as `parse` says it; null: it does. */
  readonly conflict?: (value: T, others: Readonly<Record<string, unknown>>) => string | null;
}

/** Of a key whose type does not matter; `never` is what a function of any argument takes. */
type AnyConfigKey = Omit<ConfigKey<unknown>, 'conflict'> & { readonly conflict?: ConfigKey<never>['conflict'] };
export type ConfigSpec = Readonly<Record<string, AnyConfigKey>>;
export type ConfigOf<Spec extends ConfigSpec> = {
  readonly [Name in keyof Spec]: ReturnType<Spec[Name]['parse']>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** All that is wrong with the configuration, one line a key. */
export class ConfigError extends Error {
  readonly code = 'invalid_configuration';
  readonly retryable = false;
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`invalid configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Reads the keys of `spec`. @throws ConfigError naming every problem */
export function readConfig<Spec extends ConfigSpec>(spec: Spec, env: Environment): ConfigOf<Spec> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(spec)) {
    try {
      values[name] = key.parse(textOf(name, key, env));
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const [name, key] of Object.entries(spec)) {
    const reason = name in values ? (key.conflict?.(values[name] as never, values) ?? null) : null;
    if (reason !== null) problems.push(`${name} ${reason}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as ConfigOf<Spec>;
}

function textOf(name: string, key: AnyConfigKey, env: Environment): string {
  const direct = env[name];
  const file = env[`${name}_FILE`];
  if (direct !== undefined && file !== undefined) throw new Error(`is set twice: also through ${name}_FILE`);
  if (file !== undefined) return readSecretFile(name, file);
  if (direct !== undefined) return direct;
  if (key.default === null) throw new Error(`is not set: ${key.description}`);
  return key.default;
}

function readSecretFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new Error(
      `cannot be read from ${name}_FILE, ${quoted(file)} (${String(code)}): the file has to be there and readable`,
      { cause: error },
    );
  }
}

export interface KeyText {
  readonly description: string;
  readonly default?: string;
  readonly unit?: string;
  readonly secret?: boolean;
}

export function makeKey<T>(text: KeyText, parse: (text: string) => T): ConfigKey<T> {
  return {
    description: text.description,
    unit: text.unit ?? '',
    default: text.default ?? null,
    secret: text.secret ?? false,
    parse,
  };
}

export function stringKey(text: KeyText): ConfigKey<string> {
  return makeKey(text, (value) => {
    if (value === '' && text.default !== '') throw new Error('must not be empty');
    return oneLine(value);
  });
}

/** A string that may be missing: empty means null. */
export function optionalKey(text: Omit<KeyText, 'default'>): ConfigKey<string | null> {
  return makeKey({ ...text, default: '' }, (value) => (value === '' ? null : oneLine(value)));
}

/** What no name, user or password has, and what files and lists of variables are torn at. */
function oneLine(value: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(value)) throw new Error('must be one line without control characters');
  return value;
}

const credentialCharsMin = 16;

/**
 * A key to be sent as a bearer token, or null when empty. Refused is what no client could send, and what is short
 * enough to be guessed.
 */
export function credentialKey(text: Omit<KeyText, 'default' | 'secret'>): ConfigKey<string | null> {
  return makeKey({ ...text, default: '', secret: true }, (value) => {
    if (value === '') return null;
    if (/^[\x21-\x7e]+$/.test(value) && value.length >= credentialCharsMin) return value;
    throw new Error(
      `must have at least ${credentialCharsMin} printable ASCII characters and no blanks: 'openssl rand -hex 32' makes such a key`,
    );
  });
}

export function numberKey(text: KeyText & { min: number; max: number; whole?: boolean }): ConfigKey<number> {
  return makeKey(text, (value) => {
    const number = Number(value);
    const isWhole = text.whole === false || Number.isInteger(number);
    if (value.trim() === '' || !Number.isFinite(number) || !isWhole || number < text.min || number > text.max) {
      throw new Error(
        `must be a ${text.whole === false ? '' : 'whole '}number from ${text.min} to ${text.max}, not ${quoted(value)}`,
      );
    }
    return number;
  });
}

export function booleanKey(text: KeyText): ConfigKey<boolean> {
  return makeKey(text, (value) => {
    if (value === 'true') return true;
    if (value === 'false') return false;
    throw new Error(`must be true or false, not ${quoted(value)}`);
  });
}

export function choiceKey<const Choice extends string>(
  text: KeyText & { choices: readonly Choice[] },
): ConfigKey<Choice> {
  return makeKey(text, (value) => {
    const choice = text.choices.find((candidate) => candidate === value);
    if (choice === undefined) throw new Error(`must be one of ${text.choices.join(', ')}, not ${quoted(value)}`);
    return choice;
  });
}

/** Comma separated; blanks around items do not count; empty means no item. */
export function listKey(text: KeyText): ConfigKey<readonly string[]> {
  return makeKey(text, (value) => itemsOf(oneLine(value)));
}

/** Throws as `parse` does. @param told the item as an error may have it */
type ItemCheck = (item: string, told: string) => unknown;

/** A list whose items are checked: all that are wrong are told together. */
export function checkedListKey(text: KeyText, check: ItemCheck): ConfigKey<readonly string[]> {
  return makeKey(text, (value) => {
    const items = itemsOf(value);
    // Its commas may be a password's: no item is told then.
    const isTorn = maskedText(value) === hiddenText;
    const told = (item: string) => (isTorn ? `'${hiddenText}'` : quoted(item));
    const problems = items
      .map((item) => problemOf(() => check(item, told(item))))
      .filter((problem) => problem !== null);
    if (problems.length > 0) throw new Error([...new Set(problems)].join('; and '));
    return items;
  });
}

/** The same where an empty list would mean that nothing works. @param wanted completes "must name …" */
export function filledListKey(text: KeyText, wanted: string, check: ItemCheck) {
  const list = checkedListKey(text, check);
  return makeKey(text, (value) => {
    const items = list.parse(value);
    if (items.length === 0) throw new Error(`must name ${wanted}`);
    return items;
  });
}

function itemsOf(value: string): readonly string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function problemOf(check: () => unknown): string | null {
  try {
    check();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Effective values as text, secrets masked: what `npm run config` and the boot log show. */
export function describeConfig(spec: ConfigSpec, env: Environment): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, key] of Object.entries(spec)) {
    const file = env[`${name}_FILE`];
    const text = env[name] ?? (file === undefined ? key.default : null);
    if (text === null) shown[name] = file === undefined ? '(not set)' : `(from ${maskedText(file)})`;
    else if (key.secret && text !== '') shown[name] = hiddenText;
    else shown[name] = key.shown?.(text) ?? maskedText(text);
  }
  return shown;
}
