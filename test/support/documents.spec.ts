/** What the documents point at is there: files they name, and links between them. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryRoot } from './source-tree.ts';

const documents = globSync('{*.md,docs/**/*.md}', { cwd: repositoryRoot });
const files = globSync('{apps,libs,stack,cli,test,schemas,deploy,docs,portal}/**/*', { cwd: repositoryRoot });

/** What `wrongIn` finds in the lines of a document, as `path:line: what`. */
function wrongLines(document: string, wrongIn: (line: string) => readonly string[]): string[] {
  const lines = readFileSync(join(repositoryRoot, document), 'utf8').split('\n');
  return lines.flatMap((line, index) => wrongIn(line).map((what) => `${document}:${index + 1}: ${what}`));
}

test.each(documents)('%s names no source file that is not there', (document) => {
  const isThere = (name: string) => files.some((file) => file === name || file.endsWith(`/${name}`));
  const wrong = wrongLines(document, (line) =>
    [...line.matchAll(/`([\w./-]+\.(?:ts|mjs|avsc|sql))`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !isThere(name)),
  );
  expect(wrong).toEqual([]);
});

test.each(documents)('%s links to files and headings that are there', (document) => {
  const wrong = wrongLines(document, (line) =>
    [...line.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
      .filter(([, path = '', anchor]) => {
        const target = path === '' ? document : join(dirname(document), path);
        return (
          !existsSync(join(repositoryRoot, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor))
        );
      })
      .map(([link]) => link),
  );
  expect(wrong).toEqual([]);
});

/** Anchors as they are made from headings: lower case, hyphens for blanks, punctuation dropped. */
function anchorsOf(document: string): readonly string[] {
  const text = readFileSync(join(repositoryRoot, document), 'utf8');
  return [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

test('every promise of the reference has its test, and every test of a promise is in the reference', () => {
  const reference = readFileSync(join(repositoryRoot, 'docs/reference.md'), 'utf8');
  const [, section = ''] = reference.split('\n## Promises\n');
  const promised = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name = '']) => name);
  const specs = globSync('test/{pipeline,faults,patience}/*.spec.ts', { cwd: repositoryRoot });
  const fileNames = specs.map((path) => basename(path, '.spec.ts'));
  const testNames = specs.flatMap((path) => {
    const text = readFileSync(join(repositoryRoot, path), 'utf8');
    return [...text.matchAll(/['`]((?:[a-z]+-){2,}[a-z]+): /g)].map(([, name = '']) => name);
  });
  // A file of restarts holds several promises, each in a test of its name.
  const kept = new Set([...fileNames.filter((name) => name !== 'server-restarts-lose-nothing'), ...testNames]);
  expect([...kept].sort()).toEqual(promised.toSorted());
});

test('a rolling upgrade replaces all six apps, and fan-out last, as the changelog wants it', () => {
  const [, order = ''] =
    /^for app in ([a-z -]+); do/m.exec(readFileSync(join(repositoryRoot, 'docs/operations.md'), 'utf8')) ?? [];
  const apps = order.split(' ');
  expect(apps.toSorted()).toEqual(globSync('*', { cwd: join(repositoryRoot, 'apps') }).toSorted());
  expect(apps.at(-1)).toBe('fanout');
});
