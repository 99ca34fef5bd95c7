/**
 * Where results and remarks go. Results are what was asked for and go to standard output, as text or as JSON; remarks
 * are for the person and go to standard error, so that a pipe gets results alone.
 */
import { printable, tableLines } from '../libs/domain/payload/printable.ts';

export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Columns of the terminal; null or left out: a pipe, which takes any length. */
  readonly width?: number | null;
  /** Asks the person; null or left out: there is none. */
  readonly ask?: ((question: string, signal: AbortSignal) => Promise<string>) | null;
}

export class Terminal {
  readonly isJson: boolean;
  private readonly streams: Streams;

  constructor(isJson: boolean, streams: Streams) {
    this.isJson = isJson;
    this.streams = streams;
  }

  /** A result: `value` with --json, else the lines. */
  show(value: unknown, lines: () => readonly string[]): void {
    if (this.isJson) this.streams.out(`${JSON.stringify(value)}\n`);
    else for (const line of lines()) this.streams.out(`${printable(line)}\n`);
  }

  /** A result that is a list: `value` with --json, else a table that fits the terminal. */
  table(value: unknown, head: readonly string[], rows: readonly (readonly string[])[]): void {
    this.show(value, () => (rows.length === 0 ? ['There is none.'] : tableLines(head, rows, this.width)));
  }

  get width(): number | null {
    return this.streams.width ?? null;
  }

  /** What the person types; null: there is none. */
  async ask(question: string, signal: AbortSignal): Promise<string | null> {
    return (await this.streams.ask?.(printable(question), signal)) ?? null;
  }

  /** Bytes as they are, for a pipe. */
  raw(text: string): void {
    this.streams.out(text);
  }

  /** Not part of the result. */
  remark(line: string): void {
    this.streams.err(`${printable(line)}\n`);
  }

  fail(code: string, lines: readonly string[], exitCode: number): void {
    if (this.isJson) {
      this.streams.err(`${JSON.stringify({ error: { code, message: lines.join(' '), exitCode } })}\n`);
      return;
    }
    for (const [index, line] of lines.entries()) this.streams.err(`${index === 0 ? '✗ ' : '  '}${printable(line)}\n`);
  }
}
