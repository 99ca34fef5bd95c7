/** Deliveries as the history has them: lists by keyset on the id, and one with its attempts. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { DeliveryKind, Trigger } from '../domain/delivery.ts';
import type { AttemptErrorKind, DeliveryStatus, OutcomeStatus } from '../domain/outcome.ts';
import type { PayloadFormat } from '../domain/webhook.ts';
import { Conditions } from './conditions.ts';
import { dayTimeOf, firstIdAt } from './history-key.ts';
import { pageFrom, seek, type Page, type PageRequest } from './page.ts';
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
  readonly traceparent: string | null;
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

/** The statement of a page of deliveries. */
export function deliveryList(
  filter: Omit<DeliveryFilter, 'eventId'> & { readonly ids?: readonly string[] | undefined },
  request: PageRequest<string>,
) {
  const { after, before = null } = request;
  // A webhook is one client's. PostgreSQL does not know, takes the two for a rare coincidence, and would rather read all
  // of the webhook's deliveries and sort them: so the client is only compared.
  const isOfClient = filter.webhookId === undefined ? 'client_id = ?' : 'coalesce(client_id = ?, false)';
  const conditions = new Conditions()
    // Pings are kept for whoever waits for one, and are no part of the history.
    .add('kind <> ?', 'ping')
    .add(isOfClient, filter.scope)
    .add(isOfClient, filter.clientId)
    .add('webhook_id = ?', filter.webhookId)
    .add('status = ?', filter.status)
    .add('event_type = ?', filter.eventType)
    .add('id = any(?)', filter.ids)
    .add(
      'day_time = any(?)',
      filter.ids?.map((id) => dayTimeOf(id)?.toISOString()),
    )
    // The day's time leaves out partitions, the id is what the index is sorted by.
    .add('day_time >= ?', filter.from)
    .add('id >= ?', filter.from && firstIdAt(filter.from))
    .add('day_time < ?', filter.to)
    .add('id < ?', filter.to && firstIdAt(filter.to))
    .add('day_time <= ?', before === null && after !== null ? dayTimeOf(after) : null)
    .add('day_time >= ?', before === null ? null : dayTimeOf(before));
  const tail = seek(conditions, 'id', 'desc', request);
  return { sql: `select ${columns} from delivery ${conditions.where} ${tail}`, values: conditions.values };
}

export class DeliveryView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Those of the newest events first. The position is an id. */
  async list(filter: DeliveryFilter, request: PageRequest<string>): Promise<Page<DeliveryItem, string>> {
    const { eventId, ...rest } = filter;
    const ids = eventId === undefined ? undefined : await this.idsOfEvent(eventId, filter.scope);
    const { sql, values } = deliveryList({ ...rest, ids }, request);
    return pageFrom(await readerOf(this.em)<DeliveryItem>(sql, values), request, ({ id }) => id);
  }

  /** An event says which deliveries it became: they need no index of their own for it. */
  private async idsOfEvent(eventId: string, scope: string | null): Promise<string[]> {
    const conditions = new Conditions().add('event_id = ?', eventId).add(`decision ->> 'clientId' = ?`, scope);
    const rows = await readerOf(this.em)<{ id: string }>(
      `select decision ->> 'deliveryId' as id from event, jsonb_array_elements(decisions) decision
      ${conditions.where} and decision ->> 'deliveryId' is not null`,
      conditions.values,
    );
    return rows.map(({ id }) => id);
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
  error_kind as "errorKind", error_message as "errorMessage", next_attempt_at as "nextAttemptAt", traceparent`;
