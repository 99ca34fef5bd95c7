import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { curlCommand, quoted } from './curl-command.ts';

/** What a program gets as its arguments when bash runs the command. */
function argumentsIn(command: string): readonly string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const { status, stdout } = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    env: { X_TENANT: 'acme', _9_X: 'nine' },
  });
  expect(status).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

test.each([
  `it's`,
  '"double" and `ticks` and $(touch /tmp/never) and ${HOME} and !!',
  'line\nend\r\nand\ttab',
  '@file',
  "'",
  "''\\''",
  '-o /tmp/never',
  '\u202eüñí😀',
])('%j arrives as it is', (text) => {
  expect(argumentsIn(`curl ${quoted(text)}`)).toEqual([text]);
});

test('a request is the same after a way through bash, and what is masked comes from a variable', () => {
  const body = `{"a":"it's $(x) \`y\` !","n":1}\n`;
  const command = curlCommand({
    url: "https://example.com/in?a=[1]&b='",
    headers: {
      'content-type': 'application/json',
      'x-tenant': '********',
      '9-x': '********',
      'x-empty': '',
      'content-length': '3',
    },
    body,
  });
  expect(argumentsIn(command)).toEqual([
    '--request',
    'POST',
    "https://example.com/in?a=[1]&b='",
    '--globoff',
    '--header',
    'content-type: application/json',
    '--header',
    'x-tenant: acme',
    '--header',
    '9-x: nine',
    '--header',
    'x-empty;',
    '--data-raw',
    body,
  ]);
});
