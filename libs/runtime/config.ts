/**
 * Configuration from environment variables: each app names the keys it reads, all problems are reported at once,
 * and any key may come from a file instead (`NAME_FILE`, for secrets that are mounted).
 */
import { readFileSync } from 'node:fs';

/** How one key is read: `parse` throws an Error whose message completes "must be …". */
export interface ConfigKey<T> {
  readonly description: string;
  /** Unit of a number, such as ms; empty where there is none. */
  readonly unit: string;
  /** The default as it would be written in the environment; null when the key must be set. */
  readonly default: string | null;
  /** Masked wherever configuration is shown. */
  readonly secret: boolean;
  readonly parse: (text: string) => T;
}

export type ConfigSpec = Readonly<Record<string, ConfigKey<unknown>>>;
export type ConfigOf<Spec extends ConfigSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends ConfigKey<infer T> ? T : never;
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
  if (problems.length > 0) throw new ConfigError(problems);
  return values as ConfigOf<Spec>;
}

function textOf(name: string, key: ConfigKey<unknown>, env: Environment): string {
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
    throw new Error(`cannot be read from ${name}_FILE: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

interface KeyText {
  readonly description: string;
  readonly default?: string;
  readonly unit?: string;
  readonly secret?: boolean;
}

function makeKey<T>(text: KeyText, parse: (text: string) => T): ConfigKey<T> {
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
    return value;
  });
}

/** A string that may be missing: empty means null. */
export function optionalKey(text: Omit<KeyText, 'default'>): ConfigKey<string | null> {
  return makeKey({ ...text, default: '' }, (value) => (value === '' ? null : value));
}

/** An http or https address that may be missing: empty means null. */
export function optionalHttpUrlKey(text: Omit<KeyText, 'default'>): ConfigKey<string | null> {
  return makeKey({ ...text, default: '' }, (value) => {
    if (value === '') return null;
    const url = URL.parse(value);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new Error(`must be an address such as http://127.0.0.1:4318, not '${maskUrlPassword(value)}'`);
    }
    if (url.username !== '' || url.password !== '') throw new Error('must not hold a user or a password');
    return value;
  });
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
        `must be a ${text.whole === false ? '' : 'whole '}number from ${text.min} to ${text.max}, not '${value}'`,
      );
    }
    return number;
  });
}

export function booleanKey(text: KeyText): ConfigKey<boolean> {
  return makeKey(text, (value) => {
    if (value === 'true') return true;
    if (value === 'false') return false;
    throw new Error(`must be true or false, not '${value}'`);
  });
}

export function choiceKey<const Choice extends string>(
  text: KeyText & { choices: readonly Choice[] },
): ConfigKey<Choice> {
  return makeKey(text, (value) => {
    const choice = text.choices.find((candidate) => candidate === value);
    if (choice === undefined) throw new Error(`must be one of ${text.choices.join(', ')}, not '${value}'`);
    return choice;
  });
}

/** Comma separated; blanks around items do not count; empty means no item. */
export function listKey(text: KeyText): ConfigKey<readonly string[]> {
  return makeKey(text, (value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** Effective values as text, secrets masked: what `npm run config` and the boot log show. */
export function describeConfig(spec: ConfigSpec, env: Environment): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, key] of Object.entries(spec)) {
    const text = env[name] ?? (env[`${name}_FILE`] === undefined ? key.default : `(from ${env[`${name}_FILE`] ?? ''})`);
    if (text === null) shown[name] = '(not set)';
    else shown[name] = key.secret && text !== '' ? '********' : maskUrlPassword(text);
  }
  return shown;
}

function maskUrlPassword(text: string): string {
  return text.replace(/(:\/\/[^:/@\s]+:)[^@\s]+@/g, '$1********@');
}
