/** What the documents point at is there: files they name, and links between them. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryRoot } from './source-tree.ts';

const documents = globSync('{*.md,docs/**/*.md}', { cwd: repositoryRoot });
const files = globSync('{apps,libs,stack,cli,test,schemas,deploy,docs}/**/*', { cwd: repositoryRoot });

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
