/**
 * Nest transport over a consumer group: a handler of `@EventPattern(topic)` gets a whole RecordBatch as its payload,
 * and completes offsets itself. A handler that throws or rejects ends the process: operating errors are its own to
 * deal with, and nothing may be committed after an error that nobody expected.
 */
import { BaseRpcContext, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable } from 'rxjs';
import type { Logger } from '../../runtime/logger.ts';
import { patternIn } from '../../wire/topics.ts';
import { BatchConsumer } from './batch-consumer.ts';
import type { BatchConsumerOptions } from './consumer-options.ts';
import type { KafkaClient } from '../cluster/kafka-client.ts';
import type { RecordBatch } from '../record.ts';

export interface KafkaBatchServerOptions extends Omit<BatchConsumerOptions, 'subscriptions' | 'onBatch'> {
  readonly client: KafkaClient;
  readonly logger: Logger;
  /** Topics of an @EventPattern. Default: the topic of that name; between slashes, the topics that match. */
  readonly topicsOf?: (pattern: string) => readonly (string | RegExp)[];
}

type Handler = MessageHandler<RecordBatch, BaseRpcContext, unknown>;

export class KafkaBatchServer extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors: boolean = true;
  private readonly settings: KafkaBatchServerOptions;
  private readonly handlersOfTopic = new Map<string, readonly Handler[]>();
  private consumer: BatchConsumer | null = null;

  constructor(options: KafkaBatchServerOptions) {
    super();
    this.settings = options;
  }

  listen(callback: (error?: unknown) => void): void {
    const { client, logger, topicsOf = topicsOfPattern, ...options } = this.settings;
    const routes = [...this.messageHandlers].map(([pattern, handler]) => ({
      topics: topicsOf(pattern),
      handler: handler as Handler,
    }));
    const consumer = new BatchConsumer(
      client,
      {
        ...options,
        subscriptions: routes.flatMap(({ topics }) => topics),
        onBatch: (batch) => {
          for (const handler of this.handlersOf(batch.lease.topic, routes)) this.handle(handler, batch, consumer);
        },
      },
      logger,
    );
    this.consumer = consumer;
    consumer.start().then(() => {
      callback();
    }, callback);
  }

  async close(): Promise<void> {
    await this.consumer?.stop();
  }

  /** Null once joined and consuming. */
  problem(): string | null {
    return this.consumer === null ? 'not started' : this.consumer.problem();
  }

  /** As {@link BatchConsumer.silentMs}. */
  get silentMs(): number {
    return this.consumer?.silentMs ?? 0;
  }

  /** As {@link BatchConsumer.oldestCommitMs}. */
  get oldestCommitMs(): number {
    return this.consumer?.oldestCommitMs ?? 0;
  }

  /** As {@link BatchConsumer.mayStart}. */
  mayStart(): boolean {
    return this.consumer?.mayStart() ?? true;
  }

  /** Records behind the end, by `topic-partition`. */
  get lag(): ReadonlyMap<string, number> {
    return this.consumer?.lag ?? new Map<string, number>();
  }

  override on(): void {
    throw new Error('this transport has no events');
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the type parameter is Nest's
  override unwrap<T>(): T {
    return this.consumer as T;
  }

  private handlersOf(topic: string, routes: readonly { topics: readonly (string | RegExp)[]; handler: Handler }[]) {
    let handlers = this.handlersOfTopic.get(topic);
    if (handlers === undefined) {
      const isOf = (item: string | RegExp) => (typeof item === 'string' ? item === topic : item.test(topic));
      handlers = routes.filter(({ topics }) => topics.some(isOf)).map(({ handler }) => handler);
      this.handlersOfTopic.set(topic, handlers);
    }
    return handlers;
  }

  private handle(handler: Handler, batch: RecordBatch, consumer: BatchConsumer): void {
    const fail = (error: unknown) => {
      consumer.fail(error);
    };
    handler(batch, new BaseRpcContext([batch])).then((result: unknown) => {
      if (isObservable(result)) result.subscribe({ error: fail });
    }, fail);
  }
}

function topicsOfPattern(pattern: string): readonly (string | RegExp)[] {
  const expression = patternIn(pattern);
  return [expression === undefined ? pattern : new RegExp(expression)];
}
