import type { Logger } from '../runtime/logger.ts';
import type { KafkaClient } from './kafka-client.ts';
import type { KafkaRecord } from './record.ts';

export interface TopicTailOptions {
  readonly topics: readonly string[];
  readonly from: 'beginning' | 'end';
  /** Records of one partition in offset order. A throw is a programmer error: the process exits. */
  onRecord(record: KafkaRecord): void;
  /** What happens after a programmer error. Default: log, then process.exit(1). */
  exit?(error: unknown): void;
}

/** Reads topics outside any consumer group: to their end, then live. */
export class TopicTail {
  constructor(client: KafkaClient, options: TopicTailOptions, logger: Logger) {
    void [client, options, logger];
  }

  /** 'beginning': resolves when caught up to the end offsets seen at start; 'end': when positioned. */
  start(): Promise<void> {
    return Promise.reject(new Error('not built yet'));
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  problem(): string | null {
    return null;
  }
}
