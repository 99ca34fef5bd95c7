import { expect, test } from '@jest/globals';
import { pathProblem } from './usable-path.mjs';

test.each(["/home/ann/Jo's projects, old/Schlüssel Größe/日本語/🚀 #1 (100%) [x] + ~a@b=c&d", `/${'x'.repeat(699)}`])(
  '%s works',
  (path) => {
    expect(pathProblem(path)).toBeNull();
  },
);

test.each([
  ['/a "b"', 'a double quote'],
  ['/a$HOME', 'a dollar sign'],
  ['/a`b', 'a backquote'],
  ['/a\\b', 'a backslash'],
  ['/a:b', 'a colon'],
  ['/a;b', 'a semicolon'],
  ['/a!/b', 'an exclamation mark'],
  ['/a\nb', 'a control character'],
  ['/a\ufffd', 'not UTF-8'],
  [`/${'ü'.repeat(350)}`, '701 bytes'],
])('%j is refused, with why', (path, why) => {
  expect(pathProblem(path)).toContain(why);
});
