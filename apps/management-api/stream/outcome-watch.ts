/**
 * In: every outcome, live. Out: the one that somebody waits for. Holds: what nobody waits for is not even decoded, so
 * that following all outcomes costs next to nothing.
 */
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';

interface Waiter {
  readonly deliveryId: string;
  resolve(outcome: DeliveryOutcome | null): void;
}

export class OutcomeWatch {
  private readonly codec: Pick<AvroCodec<DeliveryOutcome>, 'decodeAsync'>;
  private readonly logger: Logger;
  private readonly waiters = new Map<string, Set<Waiter>>();

  constructor(codec: Pick<AvroCodec<DeliveryOutcome>, 'decodeAsync'>, logger: Logger) {
    this.codec = codec;
    this.logger = logger;
  }

  /** To be called for each record of webhook.delivery-outcomes. */
  take(record: KafkaRecord): void {
    if (this.waiters.size === 0 || record.value === null) return;
    const waiting = this.waiters.get(record.key?.toString('utf8') ?? '');
    if (waiting === undefined) return;
    this.codec.decodeAsync(record.value).then(
      (outcome) => {
        for (const waiter of [...waiting]) if (waiter.deliveryId === outcome.deliveryId) waiter.resolve(outcome);
      },
      (error: unknown) => {
        this.logger.error(errorFields(error), 'unreadable outcome ignored');
      },
    );
  }

  /** The first outcome of a delivery that is about to be sent; null when none comes in time. */
  async next(webhookId: string, deliveryId: string, timeoutMs: number): Promise<DeliveryOutcome | null> {
    const { promise, resolve } = Promise.withResolvers<DeliveryOutcome | null>();
    const waiter: Waiter = { deliveryId, resolve };
    const waiting = this.waiters.get(webhookId) ?? new Set();
    this.waiters.set(webhookId, waiting.add(waiter));
    const timer = setTimeout(resolve, timeoutMs, null);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(waiter);
      if (waiting.size === 0) this.waiters.delete(webhookId);
    }
  }

  get isAwaited(): boolean {
    return this.waiters.size > 0;
  }

  /** Nobody waits any longer. */
  close(): void {
    for (const waiting of this.waiters.values()) for (const waiter of waiting) waiter.resolve(null);
  }
}
