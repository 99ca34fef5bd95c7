import { describe, expect, test } from '@jest/globals';
import { parseCommandLine, type Verb } from './command-line.ts';

const verb: Verb = { name: 'start', summary: 'Starts it.', flags: { '--no-demo': 'no demonstration' } };

describe('command line', () => {
  test('no words run the verb without flags', () => {
    expect(parseCommandLine(verb, [])).toEqual({ kind: 'run', flags: new Set(), values: new Map() });
  });

  test('a known flag is taken', () => {
    expect(parseCommandLine(verb, ['--no-demo'])).toEqual({
      kind: 'run',
      flags: new Set(['--no-demo']),
      values: new Map(),
    });
  });

  test.each([['--nodemo'], ['demo'], ['toString'], ['']])('%p is refused by name', (word) => {
    const result = parseCommandLine(verb, [word]);
    expect(result).toEqual({
      kind: 'refused',
      sentence: `Unknown option '${word}' of npm start: it takes --no-demo, --help.`,
    });
  });

  test('a flag takes a value, and one without is refused', () => {
    const doctor = { ...verb, flags: { '--json': '', '--apps=': '' } };
    expect(parseCommandLine(doctor, ['--json', '--apps=http://{app}:80/?a=b'])).toEqual({
      kind: 'run',
      flags: new Set(['--json']),
      values: new Map([['--apps=', 'http://{app}:80/?a=b']]),
    });
    for (const word of ['--apps=', '--apps', '--json=yes']) {
      expect(parseCommandLine(doctor, [word])).toMatchObject({ kind: 'refused' });
    }
  });

  test.each([['--help'], ['-h']])('%s shows every flag, whatever else is said', (word) => {
    const result = parseCommandLine(verb, ['--nonsense', word]);
    expect(result).toMatchObject({
      kind: 'help',
      text: expect.stringMatching(/npm start.*--no-demo.*--help/su) as unknown,
    });
  });
});
