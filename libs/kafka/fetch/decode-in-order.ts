/**
 * In: records, as they come. Out: their values, in the same order. Holds: a record in a schema that is new here waits
 * for it, and what comes after waits behind it, so that whoever counts offsets may rely on them.
 */
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { AvroCodec } from '../../wire/avro-codec.ts';
import { awaitSchema } from '../../wire/await-schema.ts';
import type { KafkaRecord } from '../record.ts';

export class DecodeInOrder<T> {
  private readonly codec: AvroCodec<T>;
  /** Null: a value that can never be read. */
  private readonly onValue: (record: KafkaRecord, value: T | null) => void;
  private readonly logger: Logger;
  private learning: Promise<void> | null = null;

  constructor(codec: AvroCodec<T>, onValue: (record: KafkaRecord, value: T | null) => void, logger: Logger) {
    this.codec = codec;
    this.onValue = onValue;
    this.logger = logger;
  }

  take(record: KafkaRecord): void {
    const { value } = record;
    if (this.learning === null && (value === null || this.codec.knows(value))) {
      this.hand(record);
      return;
    }
    const learned = (this.learning ?? Promise.resolve())
      .then(() => (value === null ? undefined : awaitSchema(this.codec, value)))
      .then(() => {
        this.hand(record);
        if (this.learning === learned) this.learning = null;
      });
    this.learning = learned;
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.learning !== null) await this.learning;
  }

  private hand(record: KafkaRecord): void {
    this.onValue(record, this.valueOf(record));
  }

  private valueOf({ topic, partition, offset, value }: KafkaRecord): T | null {
    if (value === null) return null;
    try {
      return this.codec.decode(value);
    } catch (error) {
      this.logger.error({ topic, partition, offset, ...errorFields(error) }, 'unreadable record ignored');
      return null;
    }
  }
}
