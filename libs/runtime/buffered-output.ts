/**
 * An output for many small lines, such as logs: they are written together, a write of its own for each would cost more
 * than the work that some lines report. Whatever becomes of the reader, writing never throws and an exit never hangs:
 * when the reader is gone so are the lines, when it is slow they wait, up to a bound.
 */

/** Writes some of the bytes and returns how many. @throws an error with code EAGAIN when it cannot take any now */
export type WriteSome = (bytes: Buffer) => number;

export interface BufferedOutputOptions {
  /** From so many bytes on, lines are written at once. */
  readonly bufferedBytesMax: number;
  /** What a slow reader may owe before lines are lost. */
  readonly owedBytesMax: number;
}

export class BufferedOutput {
  private readonly writeSome: WriteSome;
  private readonly options: BufferedOutputOptions;
  private lines: string[] = [];
  /** What a slow reader has not taken; bytes, because it may begin in the middle of a character. */
  private owed = Buffer.alloc(0);
  private bytes = 0;

  constructor(writeSome: WriteSome, options: BufferedOutputOptions) {
    this.writeSome = writeSome;
    this.options = options;
  }

  write(line: string): void {
    if (this.bytes > this.options.owedBytesMax) return;
    this.lines.push(line);
    this.bytes += line.length;
    if (this.bytes >= this.options.bufferedBytesMax) this.flush();
  }

  /** Writes what waits; what the reader does not take now waits on. Returns true when nothing waits any more. */
  flush(): boolean {
    let rest = Buffer.concat([this.owed, Buffer.from(this.lines.join(''))]);
    this.lines = [];
    this.owed = Buffer.alloc(0);
    this.bytes = 0;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(this.writeSome(rest));
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'EAGAIN') return true;
        this.owed = rest;
        this.bytes = rest.length;
        return false;
      }
    }
    return true;
  }
}
