/**
 * Whether what `npm start` runs works below this path. Plain JavaScript for any Node from 20 on: it is asked before
 * anything is installed. Letters of any script, spaces, commas and single quotes work: test/adapters/stack/odd-paths.spec.ts.
 */

import { Buffer } from 'node:buffer';

/** What a shell in the tools of PostgreSQL or a list of paths would take for its own. */
const unusable = [
  ['"', 'a double quote'],
  ['$', 'a dollar sign'],
  ['`', 'a backquote'],
  ['\\', 'a backslash'],
  [':', 'a colon'],
  [';', 'a semicolon'],
  ['!', 'an exclamation mark'],
];
/** PostgreSQL takes paths of 1023 bytes, and the longest one below here has some 250. */
const bytesMax = 700;

/** Why not, as a sentence with the way out; null: it works. */
export function pathProblem(path) {
  const found = unusable.filter(([character]) => path.includes(character)).map(([, name]) => name);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) found.push('a control character');
  // What is not UTF-8 comes as this.
  if (path.includes('\ufffd')) found.push('a byte that is not UTF-8');
  if (found.length > 0) {
    return `The path of this folder has ${found.join(' and ')}, which PostgreSQL or Java cannot run below: move it elsewhere (now: ${JSON.stringify(path)}).`;
  }
  const bytes = Buffer.byteLength(path);
  if (bytes <= bytesMax) return null;
  return `The path of this folder has ${bytes} bytes, and PostgreSQL takes ${bytesMax} here: move it up.`;
}
