/**
 * What the reading of one document may cost, all of its parts together. Holds: however parts refer to each other, and however often one is
 * named, what is looked at and what comes of it are bounded: a document of a megabyte could ask for more than any process has.
 */
import { UnreadableDocument } from './found-type.ts';

export const readingLimits = {
  /** Keywords, names and values that are copied, and tokens of references that are followed. A step takes about a microsecond. */
  steps: 200_000,
  /** Of all schemas and examples together, with their names. */
  chars: 2 * 1024 * 1024,
} as const;

export class ReadingBudget {
  private steps = 0;
  private chars = 0;

  /** @throws UnreadableDocument */
  spend(steps: number, chars = 0): void {
    this.steps += steps;
    this.chars += chars;
    if (this.steps > readingLimits.steps) {
      throw new UnreadableDocument(
        `it refers to the same so often that it takes more than ${readingLimits.steps} steps`,
      );
    }
    if (this.chars > readingLimits.chars) {
      throw new UnreadableDocument(`its schemas and examples have more than ${readingLimits.chars} characters`);
    }
  }

  /** A JSON value that is taken as it is. @throws UnreadableDocument */
  spendOn<T>(taken: T): T {
    const open: unknown[] = [taken];
    while (open.length > 0) {
      const value = open.pop();
      this.spend(1, typeof value === 'string' ? value.length : 1);
      if (typeof value !== 'object' || value === null) continue;
      if (Array.isArray(value)) {
        this.spend(0, value.length);
        for (const one of value as unknown[]) open.push(one);
        continue;
      }
      for (const [name, one] of Object.entries(value) as [string, unknown][]) {
        this.spend(1, name.length);
        open.push(one);
      }
    }
    return taken;
  }
}
