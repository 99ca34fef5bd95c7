/** A document of docs/ as tables: what a reader is told, to be held against what the code says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './reference-facts.ts';
import { repositoryRoot } from './source-tree.ts';

export class ReferenceDocument {
  private readonly sections = new Map<string, string[]>();

  constructor(text: string) {
    let lines: string[] = [];
    for (const line of text.split('\n')) {
      const heading = /^#{1,4} (.*)$/.exec(line)?.[1];
      if (heading === undefined) lines.push(line);
      else this.sections.set(plain(heading), (lines = []));
    }
  }

  static read(name = 'reference.md'): ReferenceDocument {
    return new ReferenceDocument(readFileSync(join(repositoryRoot, 'docs', name), 'utf8'));
  }

  has(heading: string): boolean {
    return this.sections.has(heading);
  }

  headings(): readonly string[] {
    return [...this.sections.keys()];
  }

  /** Rows of the tables under a heading, the first `columns` cells of each. */
  rows(heading: string, columns: number): readonly Row[] {
    return this.linesOf(heading)
      .filter((line, index, lines) => line.startsWith('|') && !isHead(lines, index))
      .map((line) => cellsOf(line).slice(0, columns));
  }

  /** Text under a heading, as one line. */
  prose(heading: string): string {
    return plain(this.linesOf(heading).join(' ').replaceAll(/\s+/g, ' '));
  }

  private linesOf(heading: string): readonly string[] {
    const lines = this.sections.get(heading);
    if (lines === undefined) throw new Error(`the document has no heading '${heading}'`);
    return lines;
  }
}

const rule = /^\|[\s|:-]+\|$/;

/** The line of column names, and the rule below it. */
function isHead(lines: readonly string[], index: number): boolean {
  return rule.test(lines[index] ?? '') || rule.test(lines[index + 1] ?? '');
}

function cellsOf(line: string): readonly string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => plain(cell.trim()));
}

/** Markdown as it reads. */
function plain(markdown: string): string {
  return markdown
    .replaceAll('`', '')
    .replaceAll(/\\([*_|<])/g, '$1')
    .replaceAll('&lt;', '<');
}
