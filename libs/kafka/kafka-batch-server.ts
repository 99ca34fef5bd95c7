import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { Logger } from '../runtime/logger.ts';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer.ts';
import type { KafkaClient } from './kafka-client.ts';
import type { RecordBatch } from './record.ts';

export interface KafkaBatchServerOptions extends Omit<BatchConsumerOptions, 'subscriptions' | 'onBatch'> {
  readonly client: KafkaClient;
  readonly logger: Logger;
  /** Topics of an @EventPattern. Default: the topic of that name; between slashes, the topics that match. */
  topicsOf?(pattern: string): readonly (string | RegExp)[];
}

/** Nest transport: a handler of `@EventPattern(topic)` gets the batch as its payload. */
export class KafkaBatchServer extends Server implements CustomTransportStrategy {
  private readonly settings: KafkaBatchServerOptions;
  private consumer: BatchConsumer | null = null;

  constructor(options: KafkaBatchServerOptions) {
    super();
    this.settings = options;
  }

  listen(callback: (error?: unknown) => void): void {
    const handlers: MessageHandler<RecordBatch>[] = [...this.messageHandlers.values()];
    callback(handlers.length === 0 ? undefined : new Error('not built yet'));
  }

  close(): Promise<void> {
    return this.consumer?.stop() ?? Promise.resolve();
  }

  /** Null once joined and consuming. */
  problem(): string | null {
    return this.consumer === null ? `not started: ${this.settings.groupId}` : this.consumer.problem();
  }

  /** Records behind the end, by `topic-partition`. */
  get lag(): ReadonlyMap<string, number> {
    return this.consumer?.lag ?? new Map<string, number>();
  }

  override on(): void {
    throw new Error('this transport has no events');
  }

  override unwrap<T>(): T {
    return this.consumer as T;
  }
}
