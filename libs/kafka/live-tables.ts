/**
 * In: compacted topics, such as those of definitions and event types, from their beginning. Out: tables in memory.
 * Holds: {@link LiveTables.start} resolves when all that was there has been applied, so nothing is decided on an
 * incomplete table; from then on changes are applied as they come, those of one key in their order.
 */
import type { KafkaClient } from './kafka-client.ts';
import type { KafkaRecord } from './record.ts';
import { TopicTail } from './topic-tail.ts';
import { errorFields, type Logger } from '../runtime/logger.ts';
import { learnInTheEnd, type SchemaLearner } from '../wire/learn-in-the-end.ts';

/** What a topic's records are applied to. */
export interface LiveTable {
  readonly topic: string;
  readonly codec: SchemaLearner;
  /** `value` null: a tombstone. May throw for a value that cannot be read. */
  apply(key: string, value: Buffer | null): void;
}

export class LiveTables {
  private readonly tail: TopicTail;
  private readonly tables: ReadonlyMap<string, LiveTable>;
  private readonly logger: Logger;
  /** A record in a schema that is new here waits for it, and what comes after waits behind it: the newest must win. */
  private learning: Promise<void> | null = null;
  private isComplete = false;

  constructor(client: KafkaClient, tables: readonly LiveTable[], logger: Logger) {
    this.tables = new Map(tables.map((table) => [table.topic, table]));
    this.logger = logger;
    const onRecord = (record: KafkaRecord) => {
      this.take(record);
    };
    this.tail = new TopicTail(client, { topics: [...this.tables.keys()], from: 'beginning', onRecord }, logger);
  }

  async start(): Promise<void> {
    await this.tail.start();
    while (this.learning !== null) await this.learning;
    this.isComplete = true;
  }

  stop(): Promise<void> {
    return this.tail.stop();
  }

  problem(): string | null {
    return this.isComplete ? this.tail.problem() : `reading ${[...this.tables.keys()].join(' and ')}`;
  }

  private take(record: KafkaRecord): void {
    const table = this.tables.get(record.topic);
    if (table === undefined) throw new Error(`a record of ${record.topic}, which is not followed`);
    const { value } = record;
    if (this.learning === null && (value === null || table.codec.knows(value))) {
      this.apply(table, record);
      return;
    }
    const learned = (this.learning ?? Promise.resolve())
      .then(() => (value === null ? undefined : learnInTheEnd(table.codec, value)))
      .then(() => {
        this.apply(table, record);
        if (this.learning === learned) this.learning = null;
      });
    this.learning = learned;
  }

  private apply(table: LiveTable, { topic, partition, offset, key, value }: KafkaRecord): void {
    try {
      table.apply(key?.toString('utf8') ?? '', value);
    } catch (error) {
      this.logger.error({ topic, partition, offset, ...errorFields(error) }, 'unreadable record ignored');
    }
  }
}
