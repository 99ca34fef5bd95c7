/** Deliveries as the history has them: lists by keyset on the id, and one with its attempts. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { DeliveryKind, Trigger } from '../domain/delivery.ts';
import type { AttemptErrorKind, DeliveryStatus, OutcomeStatus } from '../domain/outcome.ts';
import type { PayloadFormat } from '../domain/webhook.ts';
import { Conditions } from './conditions.ts';
import { dayTimeOf, firstIdAt } from './history-key.ts';
import { pageFrom, type Page, type PageRequest } from './page.ts';
import { readerOf } from './read.ts';

export interface DeliveryItem {
  readonly id: string;
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
}

export interface DeliveryFilter {
  /** Only this client's; null: everybody's. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly webhookId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly eventType?: string | undefined;
  readonly eventId?: string | undefined;
  /** Events of this time or later. */
  readonly from?: Date | undefined;
  /** Events before this time. */
  readonly to?: Date | undefined;
}

export class DeliveryView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Those of the newest events first. The position is an id. */
  async list(filter: DeliveryFilter, { limit, after }: PageRequest<string>): Promise<Page<DeliveryItem, string>> {
    const conditions = new Conditions()
      // Pings are kept for whoever waits for one, and are no part of the history.
      .add('kind <> ?', 'ping')
      .add('client_id = ?', filter.scope)
      .add('client_id = ?', filter.clientId)
      .add('webhook_id = ?', filter.webhookId)
      .add('status = ?', filter.status)
      .add('event_type = ?', filter.eventType)
      .add('event_id = ?', filter.eventId)
      // The day's time leaves out partitions, the id is what the index is sorted by.
      .add('day_time >= ?', filter.from)
      .add('id >= ?', filter.from && firstIdAt(filter.from))
      .add('day_time < ?', filter.to)
      .add('id < ?', filter.to && firstIdAt(filter.to))
      .add('day_time <= ?', after === null ? null : dayTimeOf(after))
      .add('id < ?', after);
    const found = await readerOf(this.em)<DeliveryItem>(
      `select ${columns} from delivery ${conditions.where} order by id desc limit ${limit + 1}`,
      conditions.values,
    );
    return pageFrom(found, limit, ({ id }) => id);
  }

  /** Null when there is none, or none of the scope's client. */
  async find(id: string, scope: string | null): Promise<DeliveryItem | null> {
    const dayTime = dayTimeOf(id);
    if (dayTime === null) return null;
    const conditions = new Conditions().add('id = ?', id).add('day_time = ?', dayTime).add('client_id = ?', scope);
    const [found] = await readerOf(this.em)<DeliveryItem>(
      `select ${columns} from delivery ${conditions.where}`,
      conditions.values,
    );
    return found ?? null;
  }

  /** In the order they began. */
  async attempts(id: string): Promise<AttemptItem[]> {
    return readerOf(this.em)<AttemptItem>(
      `select ${attemptColumns} from delivery_attempt where delivery_id = $1 and day_time = $2
      order by started_at, round_at, round collate "C", attempt`,
      [id, dayTimeOf(id)],
    );
  }
}

const columns = `id, webhook_id as "webhookId", client_id as "clientId", event_id as "eventId", event_key as "eventKey",
  event_type as "eventType", kind, format, status, reason, attempt_count as "attemptCount", created_at as "createdAt",
  next_attempt_at as "nextAttemptAt", last_attempt_at as "lastAttemptAt", last_response_code as "lastResponseCode"`;

const attemptColumns = `round, attempt, trigger, started_at as "startedAt", status, reason, latency_ms as "latencyMs",
  request_headers as "requestHeaders", response_code as "responseCode", response_headers as "responseHeaders",
  response_body_sample as "responseBodySample", response_body_truncated as "responseBodyTruncated",
  error_kind as "errorKind", error_message as "errorMessage", next_attempt_at as "nextAttemptAt"`;
