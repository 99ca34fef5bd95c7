/** Deliveries as the history has them: lists by keyset on the id, and one with its attempts. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { DeliveryKind, Trigger } from '../../domain/delivery/delivery.ts';
import { deliveryStatuses, type DeliveryStatus, type OutcomeStatus } from '../../domain/delivery/outcome.ts';
import type { AttemptErrorKind } from '../../domain/delivery/outcome-reason.ts';
import { historyIdOf, timeOfId } from '../../domain/ids.ts';
import type { PayloadFormat } from '../../domain/webhook/webhook.ts';
import { Conditions } from '../conditions.ts';
import {
  deliveryColumns,
  deliveryCount,
  deliveryList,
  type CountRow,
  type DeliveryListFilter,
} from './delivery-list.ts';
import { dayTimeOf, isTimelessId } from './history-key.ts';
import { firstOf, isBeforeAll, pageFrom, pageLookedAt, type LookedItem, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';

export interface DeliveryItem {
  /** The key in the history. */
  readonly id: string;
  /** The id that everybody else knows it by, its receiver included. */
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly clientId: string;
  readonly eventId: string;
  readonly eventKey: string | null;
  readonly eventType: string;
  readonly kind: DeliveryKind;
  readonly format: PayloadFormat | null;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly attemptCount: number;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly lastResponseCode: number | null;
}

export interface AttemptItem {
  readonly round: string;
  /** When the round began. */
  readonly roundAt: Date;
  /** Counts from 1 within the round. */
  readonly attempt: number;
  readonly trigger: Trigger;
  readonly startedAt: Date;
  readonly status: OutcomeStatus;
  readonly reason: string | null;
  readonly latencyMs: number | null;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly responseCode: number | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBodySample: Buffer | null;
  readonly responseBodyTruncated: boolean;
  readonly errorKind: AttemptErrorKind | null;
  readonly errorMessage: string | null;
  readonly nextAttemptAt: Date | null;
  readonly traceparent: string | null;
}

export interface DeliveryFilter extends Omit<DeliveryListFilter, 'ids'> {
  readonly eventId?: string | undefined;
}

export interface DeliveryCount {
  readonly count: number;
  /** False: there are more, or it was not looked at all of them. */
  readonly isExact: boolean;
  readonly byStatus: Record<DeliveryStatus, number>;
}

type LookedDelivery = DeliveryItem & Omit<LookedItem<DeliveryItem>, 'item'>;

function lookedItem({ isWanted, isLast, ...item }: LookedDelivery): LookedItem<DeliveryItem> {
  return { item, isWanted, isLast };
}

export class DeliveryView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Those of the newest events first. The position is a key. */
  async list(filter: DeliveryFilter, request: PageRequest<string>): Promise<Page<DeliveryItem, string>> {
    const { sql, values, isBounded } = deliveryList(await this.withIds(filter), request);
    const rows = await readerOf(this.em)<LookedDelivery>(sql, values);
    const page = isBounded
      ? pageLookedAt(rows.map(lookedItem), request, ({ id }) => id)
      : pageFrom<DeliveryItem, string>(rows, request, ({ id }) => id);
    return isBeforeAll(page, request) ? this.list(filter, firstOf(request)) : page;
  }

  /** How many there are, exactly up to {@link deliveryCountMax}. */
  async count(filter: DeliveryFilter): Promise<DeliveryCount> {
    const { sql, values } = deliveryCount(await this.withIds(filter));
    const rows = await readerOf(this.em)<CountRow>(sql, values);
    const byStatus = Object.fromEntries(deliveryStatuses.map((status) => [status, 0])) as DeliveryCount['byStatus'];
    for (const { status, count } of rows) if (status !== null) byStatus[status] += count;
    const count = rows.reduce((sum, row) => sum + row.count, 0);
    return { count, isExact: !rows.some(({ hasMore }) => hasMore), byStatus };
  }

  private async withIds({ eventId, ...rest }: DeliveryFilter): Promise<DeliveryListFilter> {
    return eventId === undefined ? rest : { ...rest, ids: await this.idsOfEvent(eventId, rest.scope) };
  }

  /** An event says which deliveries it became: they need no index of their own for it. */
  private async idsOfEvent(eventId: string, scope: string | null): Promise<string[]> {
    const conditions = new Conditions().add('event_id = ?', eventId).add(`decision ->> 'clientId' = ?`, scope);
    const rows = await readerOf(this.em)<{ eventKey: string; deliveryId: string }>(
      `select event_key as "eventKey", decision ->> 'deliveryId' as "deliveryId"
      from event, jsonb_array_elements(decisions) decision
      ${conditions.where} and decision ->> 'decision' = 'matched' and decision ->> 'deliveryId' is not null`,
      conditions.values,
    );
    return rows.map(({ eventKey, deliveryId }) => historyIdOf(deliveryId, timeOfId(eventKey)));
  }

  /**
   * Null when there is none, or none of the scope's client.
   * @param id of the delivery: of several copies of an event, the newest; or its key in the history
   */
  async find(id: string, scope: string | null): Promise<DeliveryItem | null> {
    const dayTime = dayTimeOf(id);
    const conditions = new Conditions();
    if (dayTime !== null) conditions.add('id = ?', id).add('day_time = ?', dayTime);
    else if (isTimelessId(id)) conditions.add('message_id = ?', id);
    else return null;
    conditions.add('client_id = ?', scope);
    const [found] = await readerOf(this.em)<DeliveryItem>(
      `select ${deliveryColumns} from delivery ${conditions.where} order by id desc limit 1`,
      conditions.values,
    );
    return found ?? null;
  }

  /** In the order they began. @param id the key in the history */
  async attempts(id: string): Promise<AttemptItem[]> {
    return readerOf(this.em)<AttemptItem>(
      `select ${attemptColumns} from delivery_attempt where delivery_id = $1 and day_time = $2
      order by started_at, round_at, round collate "C", attempt`,
      [id, dayTimeOf(id)],
    );
  }
}

const attemptColumns = `round, round_at as "roundAt", attempt, trigger, started_at as "startedAt", status, reason, latency_ms as "latencyMs",
  request_headers as "requestHeaders", response_code as "responseCode", response_headers as "responseHeaders",
  response_body_sample as "responseBodySample", response_body_truncated as "responseBodyTruncated",
  error_kind as "errorKind", error_message as "errorMessage", next_attempt_at as "nextAttemptAt", traceparent`;
