/**
 * In: compacted topics, such as those of definitions and event types, from their beginning. Out: tables in memory.
 * Holds: {@link LiveTables.start} resolves when all that was there has been applied, so nothing is decided on an
 * incomplete table; from then on changes are applied as they come, those of one key in their order. A record that cannot
 * be read is told and tried again until it can be, or until a newer one of its key is: meanwhile the table has a problem.
 */
import type { KafkaClient } from '../cluster/kafka-client.ts';
import { Pause } from '../consumer/pause.ts';
import type { KafkaRecord } from '../record.ts';
import { TableConfirmation } from './table-confirmation.ts';
import { TopicTail } from './topic-tail.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { awaitSchema, type SchemaLearner } from '../../wire/await-schema.ts';

/** What a topic's records are applied to. */
export interface LiveTable {
  readonly topic: string;
  readonly codec: SchemaLearner;
  /** How many keys it has. */
  size(): number;
  /**
   * `value` null: a tombstone. May throw for a value that cannot be read.
   * @param at when it came, in Unix milliseconds: the time of its record for what was there before the start
   */
  apply(key: string, value: Buffer | null, at: number): void;
}

type Tail = Pick<TopicTail, 'start' | 'stop' | 'problem' | 'silentMs' | 'reading'>;

interface Unreadable {
  readonly table: LiveTable;
  readonly record: KafkaRecord;
  readonly key: string;
  readonly reason: string;
}

const tryAgainMs = 2_000;
/** The tail is answered every second at least. */
const silentMsMax = 2_000;
/** Leaders move and connections break: readiness speaks of it when it lasts. */
const silentMsToTell = 3_000;

export class LiveTables {
  private readonly tail: Tail;
  private readonly confirmation: Pick<TableConfirmation, 'confirmedAt' | 'confirm' | 'stop'>;
  private readonly tables: ReadonlyMap<string, LiveTable>;
  private readonly logger: Logger;
  /** A record in a schema that is new here waits for it, and what comes after waits behind it: the newest must win. */
  private learning: Promise<void> | null = null;
  /** The newest record of a key, by topic and key. */
  private readonly unreadable = new Map<string, Unreadable>();
  private readonly pause = new Pause();
  private isComplete = false;
  private isStopped = false;
  private isTryingAgain = false;

  /** @param makeTail for tests */
  constructor(
    client: KafkaClient,
    tables: readonly LiveTable[],
    logger: Logger,
    makeTail: (onRecord: (record: KafkaRecord) => void) => Tail = (onRecord) =>
      new TopicTail(
        client,
        {
          topics: tables.map(({ topic }) => topic),
          from: 'beginning',
          onRecord,
          held: (topic) => this.tables.get(topic)?.size() ?? 0,
        },
        logger,
      ),
  ) {
    this.tables = new Map(tables.map((table) => [table.topic, table]));
    this.logger = logger;
    this.tail = makeTail((record) => {
      this.take(record);
    });
    const topics = [...this.tables.keys()];
    this.confirmation = new TableConfirmation(client.link(), topics, this.tail, logger);
  }

  async start(): Promise<void> {
    await this.tail.start();
    while (!this.isStopped && (this.learning !== null || this.unreadable.size > 0)) {
      await (this.learning ?? this.pause.for(tryAgainMs / 4));
    }
    this.isComplete = true;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.pause.end();
    await Promise.all([this.tail.stop(), this.confirmation.stop()]);
  }

  /** True while the brokers answer: what was published some seconds ago is in the tables. */
  isCurrent(): boolean {
    return this.problem() === null && this.tail.silentMs <= silentMsMax;
  }

  /** All that Kafka had at this moment is in the tables, as long as {@link isCurrent}. Monotonic milliseconds. */
  get confirmedAt(): number {
    return this.confirmation.confirmedAt;
  }

  /** Asks Kafka where the topics end, and waits until the tables are there: a millisecond, as a rule. Look at `confirmedAt` then. */
  confirm(): Promise<void> {
    return this.confirmation.confirm();
  }

  /** Null when the tables say what is true: what they do not have is not there. */
  problem(): string | null {
    const [first] = this.unreadable.values();
    if (first !== undefined) {
      const { record, key, reason } = first;
      const more = this.unreadable.size === 1 ? '' : `, and ${this.unreadable.size - 1} more`;
      return `the record of ${key} in ${record.topic} cannot be read: ${reason}${more}`;
    }
    if (this.learning !== null) return `a record of ${this.names(' or ')} waits for its schema`;
    return this.isComplete ? (this.tail.problem() ?? this.silence()) : `reading ${this.names(' and ')}`;
  }

  private silence(): string | null {
    const { silentMs } = this.tail;
    if (silentMs <= silentMsToTell) return null;
    return `${this.names(' and ')}: no broker has answered for ${Math.round(silentMs / 1_000)} s`;
  }

  private names(separator: string): string {
    return [...this.tables.keys()].join(separator);
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
      .then(() => (value === null ? undefined : awaitSchema(table.codec, value)))
      .then(() => {
        this.apply(table, record);
        if (this.learning === learned) this.learning = null;
      });
    this.learning = learned;
  }

  private apply(table: LiveTable, record: KafkaRecord): void {
    const { topic, partition, offset, value } = record;
    const key = record.key?.toString('utf8') ?? '';
    try {
      table.apply(key, value, this.cameAt(record));
      this.unreadable.delete(nameOf(record, key));
    } catch (error) {
      this.logger.error({ topic, partition, offset, key, ...errorFields(error) }, 'a record of a table cannot be read');
      this.setAside({ table, key, record, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** What was there before the start came when it was written. */
  private cameAt({ timestampMs }: KafkaRecord): number {
    return this.isComplete ? Date.now() : timestampMs;
  }

  private setAside(unreadable: Unreadable): void {
    const { record, key } = unreadable;
    // A copy: the value is a slice of the whole fetched response and would keep all of it in memory.
    const kept = { ...record, value: record.value === null ? null : Buffer.from(record.value) };
    this.unreadable.set(nameOf(record, key), { ...unreadable, record: kept });
    if (this.isTryingAgain) return;
    this.isTryingAgain = true;
    void this.tryAgain();
  }

  /** A schema that was missing may be there now. */
  private async tryAgain(): Promise<void> {
    while (!this.isStopped && this.unreadable.size > 0) {
      await this.pause.for(tryAgainMs);
      for (const [name, held] of [...this.unreadable]) {
        const { table, key, record } = held;
        if (record.value === null) continue;
        try {
          await table.codec.learn(record.value);
          // While that was asked a newer record of the key may have come.
          if (this.unreadable.get(name) !== held) continue;
          table.apply(key, record.value, this.cameAt(record));
        } catch {
          continue;
        }
        this.unreadable.delete(name);
        this.logger.info({ topic: record.topic, offset: record.offset, key }, 'a record of a table can be read now');
      }
    }
    this.isTryingAgain = false;
  }
}

function nameOf({ topic }: KafkaRecord, key: string): string {
  return `${topic} ${key}`;
}
