/** The sources of this repository as text, for tests that hold them against a rule or a document. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '..', '..');

export interface SourceFile {
  /** From the root, with slashes: libs/domain/ids.ts */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

export interface SourceImport {
  /** What is imported: ./ids.ts, node:crypto, @nestjs/common. */
  readonly specifier: string;
  /** Counts from 1. */
  readonly line: number;
}

/** Hand-written TypeScript, sorted by path. */
export function sourceFiles(): readonly SourceFile[] {
  return globSync('{apps,libs,stack,cli,test,bench,portal}/**/*.{ts,tsx}', { cwd: repositoryRoot })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('/generated/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(repositoryRoot, path), 'utf8');
      return { path, text, lines: text.split('\n') };
    });
}

const importForms = [
  /^(?:import|export)\b[^'"`;]*?\bfrom\s+'([^']+)'/gms,
  /^import\s+'([^']+)'/gm,
  /\bimport\(\s*'([^']+)'\s*\)/g,
];

/** Imports and re-exports of a file, static and dynamic. */
export function importsOf(file: SourceFile): readonly SourceImport[] {
  return importForms.flatMap((form) =>
    [...file.text.matchAll(form)].map((match) => ({
      specifier: match[1] ?? '',
      // The line that names what is imported: the last one of the statement.
      line: file.text.slice(0, match.index + match[0].length).split('\n').length,
    })),
  );
}
