import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { serversKey } from './address-keys.ts';
import {
  ConfigError,
  booleanKey,
  choiceKey,
  credentialKey,
  describeConfig,
  listKey,
  numberKey,
  optionalKey,
  readConfig,
  stringKey,
} from './config.ts';

const spec = {
  NAME: stringKey({ description: 'a name' }),
  SIZE: numberKey({ description: 'a size', unit: 'KiB', default: '256', min: 1, max: 900 }),
  FACTOR: numberKey({ description: 'a factor', default: '1.5', min: 1, max: 10, whole: false }),
  ON: booleanKey({ description: 'a switch', default: 'true' }),
  MODE: choiceKey({ description: 'a mode', default: 'accept', choices: ['accept', 'reject'] }),
  LIST: listKey({ description: 'a list', default: 'a,b' }),
  TOKEN: optionalKey({ description: 'a token', secret: true }),
  URL: stringKey({ description: 'an address', default: 'postgresql://me:hidden@host/db' }),
} as const;

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(spec, { NAME: 'x', ...env });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('reading', () => {
  test('gives defaults and what is set', () => {
    const config = readConfig(spec, { NAME: 'n', SIZE: '10', LIST: ' x , ,y ', ON: 'false', MODE: 'reject' });
    expect(config).toMatchObject({
      NAME: 'n',
      SIZE: 10,
      FACTOR: 1.5,
      ON: false,
      MODE: 'reject',
      LIST: ['x', 'y'],
      TOKEN: null,
    });
  });

  test('an empty list is no default', () => {
    expect(readConfig(spec, { NAME: 'n', LIST: '' }).LIST).toEqual([]);
  });

  test('all problems come at once', () => {
    expect(() => readConfig(spec, { SIZE: '0', ON: 'yes' })).toThrow(/NAME is not set[^]*SIZE must be[^]*ON must be/);
  });

  test.each([
    [{ SIZE: '901' }, 'SIZE must be a whole number from 1 to 900'],
    [{ SIZE: '1.5' }, 'SIZE must be a whole number'],
    [{ SIZE: '' }, 'SIZE must be a whole number'],
    [{ FACTOR: 'NaN' }, 'FACTOR must be a number'],
    [{ ON: 'True' }, "ON must be true or false, not 'True'"],
    [{ MODE: 'maybe' }, 'MODE must be one of accept, reject'],
    [{ NAME: '' }, 'NAME must not be empty'],
  ])('%j is refused', (env, problem) => {
    expect(problemsOf(env)[0]).toContain(problem);
  });

  test('of a list whose commas may be those of a password no item is told', () => {
    const { parse } = serversKey({ description: 'servers' });
    expect(() => parse('kafka://u:12,34@h:9092')).toThrow(/^must be written as host:port, [a-z ,]*, not '\*+'$/);
    expect(() => parse('kafka://a:1,b:2')).toThrow("not 'kafka://a:1'");
  });
});

describe('files', () => {
  test('a key may come from a file, but not from both', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    try {
      const file = join(folder, 'token');
      writeFileSync(file, 'from file\n');
      expect(readConfig(spec, { NAME: 'n', TOKEN_FILE: file }).TOKEN).toBe('from file');
      expect(problemsOf({ TOKEN_FILE: file, TOKEN: 'direct' })[0]).toContain('TOKEN is set twice');
      expect(problemsOf({ TOKEN_FILE: join(folder, 'none') })[0]).toContain('cannot be read from TOKEN_FILE');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('descriptions mask secrets and passwords inside addresses', () => {
  expect(describeConfig(spec, { TOKEN: 'hush', SIZE: '3' })).toEqual({
    NAME: '(not set)',
    SIZE: '3',
    FACTOR: '1.5',
    ON: 'true',
    MODE: 'accept',
    LIST: 'a,b',
    TOKEN: '********',
    URL: 'postgresql://********@host/db',
  });
});

test.each([
  ['short'],
  ['fifteen-chars-x'],
  ['with a blank in it, long'],
  ['schlüssel-mit-umlaut'],
  ['line\nend-0123456789'],
])('%j is no key for a bearer token, and the problem does not show it', (value) => {
  const read = () => readConfig({ KEY: credentialKey({ description: 'x' }) }, { KEY: value });
  expect(read).toThrow(/KEY must have at least 16/);
  expect(read).not.toThrow(value);
});

test('a key for a bearer token may be missing', () => {
  const spec = { KEY: credentialKey({ description: 'x' }) };
  expect(readConfig(spec, {})).toEqual({ KEY: null });
  expect(readConfig(spec, { KEY: '0123456789abcdef' })).toEqual({ KEY: '0123456789abcdef' });
});
