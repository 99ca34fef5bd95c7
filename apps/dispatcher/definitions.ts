/** Follows webhook.definitions into the webhook table: complete before the first delivery is taken, then live. */
import type { WebhookDefinition } from '../../libs/domain/webhook.ts';
import type { KafkaClient } from '../../libs/kafka/kafka-client.ts';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import { TopicTail } from '../../libs/kafka/topic-tail.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../libs/wire/avro-codec.ts';
import { learnInTheEnd } from '../../libs/wire/learn-in-the-end.ts';
import type { WebhookTable } from './webhook-table.ts';

export class Definitions {
  private readonly tail: TopicTail;
  private readonly codec: AvroCodec<WebhookDefinition>;
  private readonly table: WebhookTable;
  private readonly logger: Logger;
  private readonly onGone: (webhookId: string) => void;
  /** Definitions in a schema that is new here, being learned: those behind them wait, so the newest wins. */
  private learning: Promise<void> | null = null;
  private isComplete = false;

  constructor(options: {
    client: KafkaClient;
    topic: string;
    codec: AvroCodec<WebhookDefinition>;
    table: WebhookTable;
    /** Called for a webhook that was deleted. */
    onGone: (webhookId: string) => void;
    logger: Logger;
  }) {
    this.codec = options.codec;
    this.table = options.table;
    this.logger = options.logger;
    this.onGone = options.onGone;
    this.tail = new TopicTail(
      options.client,
      {
        topics: [options.topic],
        from: 'beginning',
        onRecord: (record) => {
          this.take(record);
        },
      },
      options.logger,
    );
  }

  /** Resolves when every definition that there is has been read. */
  async start(): Promise<void> {
    await this.tail.start();
    while (this.learning !== null) await this.learning;
    this.isComplete = true;
  }

  stop(): Promise<void> {
    return this.tail.stop();
  }

  problem(): string | null {
    return this.isComplete ? this.tail.problem() : 'reading the webhook definitions';
  }

  private take(record: KafkaRecord): void {
    const webhookId = record.key?.toString('utf8') ?? '';
    const { value } = record;
    if (this.learning === null && (value === null || this.codec.knows(value))) {
      this.apply(webhookId, value);
      return;
    }
    const learned = (this.learning ?? Promise.resolve())
      .then(() => (value === null ? undefined : learnInTheEnd(this.codec, value)))
      .then(() => {
        this.apply(webhookId, value);
        if (this.learning === learned) this.learning = null;
      });
    this.learning = learned;
  }

  private apply(webhookId: string, value: Buffer | null): void {
    if (value === null) {
      this.table.apply(webhookId, null);
      this.onGone(webhookId);
      return;
    }
    try {
      this.table.apply(webhookId, this.codec.decode(value));
    } catch (error) {
      this.logger.error({ webhookId, ...errorFields(error) }, 'unreadable webhook definition ignored');
    }
  }
}
