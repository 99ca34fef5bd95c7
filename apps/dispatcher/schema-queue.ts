/**
 * In: batches in the order in which they were read. Out: the same, each once the schema of every record in it is known: at once, but
 * after a new version of a schema was rolled out.
 */
import type { RecordBatch } from '../../libs/kafka/record.ts';
import { awaitSchemas, type SchemaLearner } from '../../libs/wire/await-schema.ts';

export class SchemaQueue {
  private learning: Promise<void> | null = null;
  private readonly changed: () => void;

  /** @param changed {@link isLearning} has another value */
  constructor(changed: () => void) {
    this.changed = changed;
  }

  get isLearning(): boolean {
    return this.learning !== null;
  }

  whenKnown(batch: RecordBatch, codec: SchemaLearner, then: () => void): void {
    const isKnown = batch.records.every(({ value }) => value === null || codec.knows(value));
    if (isKnown && this.learning === null) {
      then();
      return;
    }
    const learned = (this.learning ?? Promise.resolve()).then(() => awaitSchemas(codec, batch.records)).then(then);
    this.learning = learned;
    this.changed();
    void learned.then(() => {
      if (this.learning !== learned) return;
      this.learning = null;
      this.changed();
    });
  }
}
