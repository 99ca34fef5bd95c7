/**
 * What the monitor does by the clock for webhooks: pings those that failures disabled and those to which nothing was
 * sent for long, ends recoveries, tells of secrets that end. In: the time, by the database. Out: pings on webhook.deliveries, notices.
 * What must hold: a ping is a delivery like any other, so that the dispatcher alone opens connections; one that cannot
 * be written is made again next time. While Kafka is away no more than one batch of pings of a cause waits for it, and no
 * webhook gets several at once when it is back.
 */
import { randomBytes } from 'node:crypto';
import { pingDelivery, verificationDelivery, type TargetWebhook } from '../../libs/domain/delivery/direct-delivery.ts';
import { objectId } from '../../libs/domain/object-id.ts';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import { within } from '../../libs/kafka/within.ts';
import { batchMax, type PingRules, type RecoveryStore } from '../../libs/postgres/health/recovery-store.ts';
import type { VerificationStore } from '../../libs/postgres/health/verification-store.ts';
import type { ProofWish } from '../../libs/domain/webhook/endpoint-proof.ts';
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

export interface ScheduledChecksParts {
  readonly store: RecoveryStore;
  readonly guard: GlobalGuard;
  /** Null: webhooks never recover by themselves, and are not pinged. */
  readonly pings: PingRules | null;
  /** Null: webhooks to which nothing is sent are left alone. */
  readonly silence: SilenceRules | null;
  /** Null: endpoints need not prove that they want deliveries. */
  readonly verification?: { readonly store: VerificationStore; readonly wish: ProofWish } | null;
  readonly areMailed: boolean;
  readonly everyMs: number;
  /** By a clock that all monitors share with the mailer and with housekeeping. */
  readonly now: () => Promise<Date>;
  readonly deliveriesTopic: string;
  readonly encode: (delivery: Delivery) => Buffer;
  /** The signal withdraws what was not sent yet: the append is rejected. What is under way is still answered. */
  readonly append: (records: readonly OutgoingRecord[], options: { readonly signal: AbortSignal }) => Promise<void>;
  /** Longest wait for the acknowledgement of pings to what is disabled, in milliseconds. */
  readonly acknowledgeMs?: number;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
}

const acknowledgeMsMax = 10_000;

export class ScheduledChecks implements RepeatedJob {
  private readonly parts: ScheduledChecksParts;
  /** Monotonic. */
  private lookForSilentAt = 0;
  /** Why the pings were made that Kafka has neither taken nor given back: until it has, no others are made for that. */
  private readonly unsettled = new Set<PingCause>();

  constructor(parts: ScheduledChecksParts) {
    this.parts = parts;
  }

  async run(signal: AbortSignal): Promise<number> {
    const { store, guard, areMailed, metrics, logger, everyMs } = this.parts;
    const now = await this.parts.now();
    guard.tick(now.getTime());
    for (const webhookId of await store.endRecoveries(areMailed, now)) {
      metrics.turned('recovered');
      logger.info({ webhookId }, 'webhook has recovered');
    }
    metrics.noticed('webhook.secret.expiring', await store.tellExpiringSecrets(areMailed, now));
    await this.pingDisabled(now, signal);
    await this.pingSilent(now, signal);
    await this.askUnverified(now, signal);
    return everyMs;
  }

  failed(error: unknown): number {
    this.parts.logger.warn(errorFields(error), 'the round over all webhooks failed, trying again');
    return this.parts.everyMs;
  }

  private async pingDisabled(now: Date, signal: AbortSignal): Promise<void> {
    const { store, pings } = this.parts;
    if (pings === null || !this.mayPing('disabled', signal)) return;
    this.ping('disabled', await store.takeDuePings(pings, now), now, signal);
  }

  /** Whether they want deliveries: in the checks alone, so that what is asked in one of their runs has its bounds. */
  private async askUnverified(now: Date, signal: AbortSignal): Promise<void> {
    const { verification = null } = this.parts;
    if (verification === null || !this.mayPing('unverified', signal)) return;
    const { store, wish } = verification;
    this.ping('unverified', await store.takeDue(now), now, signal, wish);
  }

  /** Seldom, because all webhooks are looked at; while there are more of them, each round takes a batch. */
  private async pingSilent(now: Date, signal: AbortSignal): Promise<void> {
    const { store, guard, silence } = this.parts;
    // What pings say while most endpoints fail is said of our own network.
    if (silence === null || guard.isPaused || monotonicMs() < this.lookForSilentAt) return;
    if (!this.mayPing('silent', signal)) return;
    const silent = await store.takeSilent(silence.silentMs, now);
    if (silent.length < batchMax) this.lookForSilentAt = monotonicMs() + silence.intervalMs;
    this.ping('silent', silent, now, signal);
  }

  private mayPing(cause: PingCause, signal: AbortSignal): boolean {
    return !this.unsettled.has(cause) && !signal.aborted;
  }

  private ping(
    cause: PingCause,
    targets: readonly TargetWebhook[],
    now: Date,
    signal: AbortSignal,
    wish: ProofWish | null = null,
  ): void {
    const { encode, deliveriesTopic } = this.parts;
    if (targets.length === 0) return;
    const records = targets.map((webhook) => {
      const eventId = objectId('event', now.getTime(), randomBytes(10));
      const at = now.getTime();
      const value = encode(
        wish === null ? pingDelivery(webhook, eventId, at) : verificationDelivery(webhook, wish, eventId, at),
      );
      // Known before decoding: a ping is not queued behind the webhook's backlog.
      return { topic: deliveriesTopic, key: webhook.id, value, headers: { kind: 'ping' } };
    });
    // Not awaited: while Kafka is away neither a stop nor the rest of a round must wait for it.
    void this.write(cause, records, signal);
  }

  /** Never rejects. */
  private async write(cause: PingCause, records: readonly OutgoingRecord[], signal: AbortSignal): Promise<void> {
    const { append, acknowledgeMs = acknowledgeMsMax, metrics, logger } = this.parts;
    this.unsettled.add(cause);
    const withdrawal = new AbortController();
    const options = { signal: AbortSignal.any([signal, withdrawal.signal]) };
    // Each by itself: of an append of which some was sent nothing is withdrawn.
    const settled = Promise.allSettled(records.map((record) => append([record], options)));
    // One to a silent webhook heals nothing, and is not made again for hours: it waits for Kafka.
    if (cause !== 'silent' && !(await within(acknowledgeMs, settled))) withdrawal.abort();
    const errors = (await settled).flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    this.unsettled.delete(cause);
    const written = records.length - errors.length;
    if (written > 0) {
      metrics.pinged(cause, written);
      logger.info({ cause, pings: written }, 'webhooks pinged');
    }
    if (errors.length === 0) return;
    logger.warn({ cause, pings: errors.length, ...errorFields(errors[0]) }, 'pings were not written');
  }
}
