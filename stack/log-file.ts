/** A log that never fills the disk: from a size on, the file moves aside and the one moved before it goes. */
import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const bytesMax = 50 * 1024 * 1024;

export class LogFile {
  readonly path: string;
  private bytes: number;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.bytes = existsSync(path) ? statSync(path).size : 0;
  }

  /** Never throws: a full disk must not end the supervisor, whose apps report it themselves. */
  add(line: string): void {
    try {
      if (this.bytes > bytesMax) {
        renameSync(this.path, `${this.path}.1`);
        this.bytes = 0;
      }
      appendFileSync(this.path, `${line}\n`);
      this.bytes += line.length + 1;
    } catch {
      // Nowhere to say so but here, and nobody to read it.
    }
  }
}
