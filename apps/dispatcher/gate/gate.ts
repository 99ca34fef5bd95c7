/**
 * In: a webhook that has something to send. Out: whether it may, and if not, until when not and why.
 * Holds: a blocked webhook never costs an attempt; each limit is its own (pause, rate, breaker, strict head, origin), so the
 * reason can be told.
 */
import { afterResult, initialConcurrency, type Concurrency } from '../../../libs/domain/delivery/concurrency.ts';
import type { ParkedReason } from '../../../libs/domain/delivery/delivery.ts';
import type { AttemptResult } from '../../../libs/domain/delivery/attempt.ts';
import { recoveryPace } from '../../../libs/domain/health/recovery.ts';
import { definitionLeaseMs } from '../../../libs/domain/webhook/definition-lease.ts';
import { drainAfter, isPaused } from '../../../libs/domain/webhook/pause.ts';
import type { WebhookDefinition } from '../../../libs/domain/webhook/webhook.ts';
import type { LiveTables } from '../../../libs/kafka/tail/live-tables.ts';
import { within } from '../../../libs/kafka/within.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import type { Breakers } from '../../../libs/sender/breaker.ts';
import { go, hold, waitUntil, type Admission } from './admission.ts';
import { OriginPlaces } from './origin-places.ts';
import type { ReadyWebhook, WebhookTable } from '../webhook-table.ts';

/** A strict webhook whose head has failed and is waited for. */
export interface Block {
  readonly deliveryId: string;
  /** Unix milliseconds. */
  readonly since: number;
  /** Before which it is not tried again; as all times here, but `since`, on the monotonic clock. */
  readonly until: number;
}

/** A definition is in force within a second; this allows for a slow one. */
const definitionGraceMs = 3_000;
const unknownRetryMs = 50;
const confirmationMsMax = 1_000;
const unknownMax = 10_000;
/** A slot taken later than this is a new beginning, not a lag to make up for. */
const slotLatenessMs = 50;

/** See LiveTables. */
export type TableConfirmed = Pick<LiveTables, 'confirmedAt' | 'confirm'>;

export interface GateOptions {
  readonly table: WebhookTable;
  readonly breakers: Breakers;
  /** Attempts in flight at one origin; of one client three quarters of them at most. */
  readonly originInFlightMax: number;
  /** Default: Date.now. All other times are the caller's, on the monotonic clock. */
  readonly unixNow?: () => number;
}

export class Gate {
  private readonly table: WebhookTable;
  private readonly breakers: Breakers;
  private readonly nextSlotAt = new Map<string, number>();
  private readonly concurrency = new Map<string, Concurrency>();
  private readonly origins: OriginPlaces;
  private readonly blocks = new Map<string, Block>();
  private readonly unknownSince = new Map<string, number>();
  /** That wanted to send while they were paused, and have not been told since that they may. */
  private readonly paused = new Set<string>();
  private readonly unixNow: () => number;
  private isTableCurrent: () => boolean = () => true;
  private confirmation: TableConfirmed | null = null;
  /** When the table was last not known to be current. */
  private staleAt = 0;

  constructor(options: GateOptions) {
    this.table = options.table;
    this.breakers = options.breakers;
    this.origins = new OriginPlaces(options.originInFlightMax);
    this.unixNow = options.unixNow ?? Date.now;
  }

  /**
   * What fills the table comes later than what asks it.
   * @param isCurrent false while changes may not get through
   * @param confirmation since when the table is known to hold all that there is
   */
  trustTable(isCurrent: () => boolean, confirmation: TableConfirmed | null = null): void {
    this.isTableCurrent = isCurrent;
    this.confirmation = confirmation;
  }

  /**
   * Before a delivery ends for what the table says of its webhook, which may have been enabled before it was made: the webhook as it is
   * when the table holds what was defined by then (libs/domain/webhook/definition-lease.ts), or a second later.
   */
  async confirmed({ definition: { id } }: ReadyWebhook, now = monotonicMs()): Promise<ReadyWebhook | undefined> {
    if (this.confirmation !== null && this.confirmation.confirmedAt < now - definitionLeaseMs) {
      await within(confirmationMsMax, this.confirmation.confirm());
    }
    return this.table.find(id);
  }

  /** Call some times a second: a table that was stale since it was last asked must not be believed at once. */
  watchTable(now: number): void {
    if (!this.isTableCurrent()) this.staleAt = now;
  }

  limit(webhookId: string): number {
    const webhook = this.table.find(webhookId);
    if (webhook?.definition.ordering !== 'parallel') return 1;
    const { limit } = this.concurrency.get(webhookId) ?? initialConcurrency;
    return Math.max(1, Math.floor(Math.min(limit, webhook.definition.maxInFlight)));
  }

  /** `hold` lasts until {@link Gate.resumed} names the webhook. */
  admit(webhookId: string, now: number): Admission {
    const webhook = this.table.find(webhookId);
    if (webhook === undefined) {
      const until = this.unknownUntil(webhookId, now);
      return until === null ? go : waitUntil(until);
    }
    // Without a POST to make there is nothing to wait for.
    if (!webhook.definition.isActive) return go;
    if (isPaused(webhook.definition, this.unixNow())) {
      this.paused.add(webhookId);
      return hold;
    }
    const block = this.blocks.get(webhookId);
    if (block !== undefined && block.until > now) return waitUntil(block.until);
    const slotAt = this.nextSlotAt.get(webhookId) ?? 0;
    if (slotAt > now) return waitUntil(slotAt);
    const { origin } = webhook;
    if (!this.hasRoom(origin, webhook.definition.clientId)) return { kind: 'origin', origin };
    const breakerUntil = this.breakers.blockedUntil(webhookId, now);
    if (breakerUntil !== null && breakerUntil > now) return waitUntil(breakerUntil);
    this.takeSlot(webhook, now);
    return go;
  }

  /** Those that were held for their pause and are so no longer: resumed, disabled, deleted. Each is named once. */
  resumed(): readonly string[] {
    if (this.paused.size === 0) return [];
    const over = [...this.paused].filter((webhookId) => !this.isPaused(webhookId));
    for (const webhookId of over) this.paused.delete(webhookId);
    return over;
  }

  isPaused(webhookId: string): boolean {
    const definition = this.table.find(webhookId)?.definition;
    return definition?.isActive === true && isPaused(definition, this.unixNow());
  }

  /** True when the client may have one more attempt in flight at this origin, all of its webhooks together. */
  hasRoom(origin: string, clientId = ''): boolean {
    return this.origins.isFreeFor(origin, clientId);
  }

  /** Empty while the webhook is not known. */
  clientOf(webhookId: string): string {
    return this.table.find(webhookId)?.definition.clientId ?? '';
  }

  /**
   * A delivery may be here before the definition of its webhook: both were on their way. Null when it was waited for
   * long enough, with a table that was current all the while, or when it is known to be deleted.
   */
  unknownUntil(webhookId: string, now: number): number | null {
    if (this.table.find(webhookId) !== undefined || this.table.isDeleted(webhookId)) return null;
    this.watchTable(now);
    const since = Math.max(this.unknownSince.get(webhookId) ?? now, this.staleAt);
    if (this.unknownSince.size >= unknownMax) this.unknownSince.clear();
    this.unknownSince.set(webhookId, since);
    return now - since < definitionGraceMs ? now + unknownRetryMs : null;
  }

  waitsFor(webhookId: string, now: number): ParkedReason | null {
    if (this.isPaused(webhookId)) return 'paused';
    if (this.blocks.has(webhookId)) return 'blocked';
    if ((this.nextSlotAt.get(webhookId) ?? 0) > now) return 'rate_limit';
    return this.breakers.stateOf(webhookId) === 'closed' ? null : 'breaker';
  }

  /** True until its breaker lets a probe through. */
  isBreakerOpen(webhookId: string): boolean {
    return this.breakers.stateOf(webhookId) === 'open';
  }

  attemptStarted(webhook: ReadyWebhook): void {
    this.origins.take(webhook.origin, webhook.definition.clientId);
  }

  attemptEnded(webhook: ReadyWebhook, result: AttemptResult): void {
    this.origins.giveBack(webhook.origin, webhook.definition.clientId);
    if (!this.isInUse(webhook)) return;
    const { id, ordering, maxInFlight } = webhook.definition;
    this.heard(webhook, result);
    if (ordering !== 'parallel' || isOfProxy(result)) return;
    const state = this.concurrency.get(id) ?? initialConcurrency;
    this.concurrency.set(id, afterResult(state, isOverload(result), maxInFlight));
  }

  /** It takes no place at its origin, and says nothing of how many attempts the endpoint can take. */
  pingEnded(webhook: ReadyWebhook, result: AttemptResult): void {
    if (this.isInUse(webhook)) this.heard(webhook, result);
  }

  private heard({ definition: { id }, host }: ReadyWebhook, result: AttemptResult): void {
    // Of a proxy in trouble the endpoint is not to blame, nor is it well for that.
    if (isOfProxy(result)) this.breakers.pass(id);
    else this.breakers.record(id, host, isEndpointWell(result));
  }

  /** False when it was deleted, disabled or moved while its attempt ran: what that met says nothing of what is now. */
  private isInUse({ definition }: ReadyWebhook): boolean {
    const now = this.table.find(definition.id)?.definition;
    return now !== undefined && now.isActive && now.url === definition.url;
  }

  block(webhookId: string, block: Block): void {
    // Deleted while its head was tried: nothing would ever unblock it.
    if (this.table.isDeleted(webhookId)) return;
    const since = this.blocks.get(webhookId)?.since ?? block.since;
    this.blocks.set(webhookId, { ...block, since });
  }

  unblock(webhookId: string): void {
    this.blocks.delete(webhookId);
  }

  blockOf(webhookId: string): Block | null {
    return this.blocks.get(webhookId) ?? null;
  }

  /** Forgets all about a webhook that is gone. */
  forget(webhookId: string): void {
    this.forgetEndpoint(webhookId);
    this.nextSlotAt.delete(webhookId);
    this.blocks.delete(webhookId);
  }

  /** What was learnt of its endpoint no longer counts: the webhook was disabled or has another address. */
  forgetEndpoint(webhookId: string): void {
    this.breakers.forget(webhookId);
    this.concurrency.delete(webhookId);
  }

  /** Smooth: the next slot is one interval after this one, and unused slots are not saved up. */
  private takeSlot(webhook: ReadyWebhook, now: number): void {
    const { id } = webhook.definition;
    const perSecond = rateOf(webhook.definition, this.unixNow());
    if (perSecond === null) {
      this.nextSlotAt.delete(id);
      return;
    }
    const intervalMs = 1000 / perSecond;
    const due = this.nextSlotAt.get(id) ?? 0;
    // A slot taken a few milliseconds late does not push the following ones back.
    this.nextSlotAt.set(id, (now - due < slotLatenessMs ? due : now) + intervalMs);
  }
}

/**
 * A webhook that recovers, or was paused, is drained at a growing pace, never quicker than its own limit.
 * @param now Unix milliseconds
 */
function rateOf(definition: WebhookDefinition, now: number): number | null {
  const { rateLimitPerSecond, recoveringUntil, pausedUntil } = definition;
  const rate = Math.min(
    rateLimitPerSecond ?? Infinity,
    (recoveringUntil === null ? null : recoveryPace(definition, now)) ?? Infinity,
    (pausedUntil === null ? null : recoveryPace(drainAfter(definition), now)) ?? Infinity,
  );
  return rate === Infinity ? null : rate;
}

function isEndpointWell(result: AttemptResult): boolean {
  return result.kind === 'answer' && result.code < 500 && result.code !== 429;
}

function isOfProxy(result: AttemptResult): boolean {
  return result.kind === 'error' && result.errorKind === 'proxy';
}

function isOverload(result: AttemptResult): boolean {
  if (result.kind === 'error') return result.errorKind === 'timeout';
  return result.code === 429 || result.code === 503;
}
