/**
 * What the monitor does by the clock for webhooks: pings those that failures disabled and those to which nothing was
 * sent for long, ends recoveries, tells of secrets that end. In: the time. Out: pings on webhook.deliveries, notices.
 * What must hold: a ping is a delivery like any other, so that the dispatcher alone opens connections; one that cannot
 * be written is made again next time.
 */
import { randomBytes } from 'node:crypto';
import { pingDelivery, type TargetWebhook } from '../../libs/domain/direct-delivery.ts';
import { objectId } from '../../libs/domain/object-id.ts';
import type { Delivery } from '../../libs/domain/delivery.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import { batchMax, type PingRules, type RecoveryStore } from '../../libs/postgres/recovery-store.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import type { GlobalGuard } from './global-guard.ts';
import type { MonitorMetrics, PingCause } from './monitor-metrics.ts';
import type { RepeatedJob } from './repeated.ts';

export interface SilenceRules {
  /** A webhook to which nothing was sent for so long is silent, in milliseconds. */
  readonly silentMs: number;
  /** How often silent webhooks are looked for, in milliseconds. */
  readonly intervalMs: number;
}

export interface RoundsParts {
  readonly store: RecoveryStore;
  readonly guard: GlobalGuard;
  /** Null: webhooks never recover by themselves, and are not pinged. */
  readonly pings: PingRules | null;
  /** Null: webhooks to which nothing is sent are left alone. */
  readonly silence: SilenceRules | null;
  readonly areMailed: boolean;
  readonly everyMs: number;
  readonly deliveriesTopic: string;
  readonly encode: (delivery: Delivery) => Buffer;
  readonly append: (records: readonly OutgoingRecord[]) => Promise<void>;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
}

export class Rounds implements RepeatedJob {
  private readonly parts: RoundsParts;
  /** Monotonic. */
  private lookForSilentAt = 0;

  constructor(parts: RoundsParts) {
    this.parts = parts;
  }

  async run(): Promise<number> {
    const { store, guard, areMailed, metrics, logger, everyMs } = this.parts;
    const now = new Date();
    guard.tick(now.getTime());
    for (const webhookId of await store.endRecoveries(areMailed, now)) {
      metrics.turned('recovered');
      logger.info({ webhookId }, 'webhook has recovered');
    }
    metrics.noticed('webhook.secret.expiring', await store.tellExpiringSecrets(areMailed, now));
    await this.pingDisabled(now);
    await this.pingSilent(now);
    return everyMs;
  }

  failed(error: unknown): number {
    this.parts.logger.warn(errorFields(error), 'could not look after webhooks now, trying again');
    return this.parts.everyMs;
  }

  private async pingDisabled(now: Date): Promise<void> {
    const { store, pings } = this.parts;
    if (pings !== null) this.ping('disabled', await store.takeDuePings(pings, now), now);
  }

  /** Seldom, because all webhooks are looked at; while there are more of them, each round takes a batch. */
  private async pingSilent(now: Date): Promise<void> {
    const { store, guard, silence } = this.parts;
    // What pings say while most endpoints fail is said of our own network.
    if (silence === null || guard.isPaused || monotonicMs() < this.lookForSilentAt) return;
    const silent = await store.takeSilent(silence.silentMs, now);
    if (silent.length < batchMax) this.lookForSilentAt = monotonicMs() + silence.intervalMs;
    this.ping('silent', silent, now);
  }

  private ping(cause: PingCause, targets: readonly TargetWebhook[], now: Date): void {
    const { encode, append, deliveriesTopic, metrics, logger } = this.parts;
    if (targets.length === 0) return;
    const records = targets.map((webhook) => {
      const eventId = objectId('event', now.getTime(), randomBytes(10));
      const value = encode(pingDelivery(webhook, eventId, now.getTime()));
      // Known before decoding: a ping is not queued behind the webhook's backlog.
      return { topic: deliveriesTopic, key: webhook.id, value, headers: { kind: 'ping' } };
    });
    metrics.pinged(cause, records.length);
    logger.info({ cause, pings: records.length }, 'webhooks pinged');
    // Not awaited: while Kafka is away a stop must not wait for it.
    append(records).catch((error: unknown) => {
      logger.warn({ pings: records.length, ...errorFields(error) }, 'pings were not written');
    });
  }
}
