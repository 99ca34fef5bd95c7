/** Webhooks as they are shown: no secret, credentials in headers masked. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { HealthState } from '../../domain/health/webhook-health.ts';
import { patternsFor } from '../../domain/delivery/match.ts';
import type { ReplayTarget } from '../../domain/delivery/replay.ts';
import { drainMsMax } from '../../domain/webhook/pause.ts';
import type { DisabledBy, ShownTls, SignatureAlgorithm } from '../../domain/webhook/webhook.ts';
import type { WebhookSettings } from '../../domain/webhook/webhook-settings.ts';
import type { Run } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import type { WebhookRow } from '../entities/webhook.ts';
import { firstOf, isBeforeAll, pageFrom, seek, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';
import { liveSecrets, type ShownSecret } from './webhook-secrets.ts';

/** `headers` are masked, of `tls` no secret is there. */
export interface ShownWebhook extends Omit<WebhookSettings, 'tls'> {
  readonly tls: ShownTls | null;
  readonly id: string;
  readonly clientId: string;
  readonly isActive: boolean;
  readonly disabledBy: DisabledBy | null;
  readonly disabledReason: string | null;
  readonly disabledAt: Date | null;
  readonly isVerificationPending: boolean;
  readonly verifiedAt: Date | null;
  /** Its last pause since it was enabled, over or not. */
  readonly pausedSince: Date | null;
  readonly pausedUntil: Date | null;
  readonly holdsUntil: Date | null;
  /** The replay that rewinds it, and the moment from which on; both null: none does. Without a replay: one will, once its endpoint is proven. */
  readonly rewindId: string | null;
  readonly rewindTo: Date | null;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface WebhookFilter {
  /** Only this client's; null: everybody's. */
  readonly scope: string | null;
  readonly clientId?: string | undefined;
  readonly isActive?: boolean | undefined;
  /** That get events of this type. */
  readonly eventType?: string | undefined;
  /** That stand in one of these. */
  readonly state?: readonly HealthState[] | undefined;
  /** That have all of these labels, as name and value. */
  readonly labels?: readonly (readonly [name: string, value: string])[] | undefined;
  /** With this text in URL, description or external id, in upper or lower case. */
  readonly text?: string | undefined;
}

export class WebhookView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when there is none, or none of the scope's client. */
  async find(id: string, scope: string | null): Promise<ShownWebhook | null> {
    const conditions = new Conditions().add('id = ?', id).add('client_id = ?', scope);
    const [found] = await this.select(conditions, '');
    return found ?? null;
  }

  /** What ended as `disabled` since then was missed; null: there is none of this id. */
  async missedSince(id: string): Promise<Date | null> {
    const sql = 'select coalesce(missed_since, enabled_at, created_at) as since from webhook where id = $1';
    const [row] = await readerOf(this.em)<{ since: Date }>(sql, [id]);
    return row?.since ?? null;
  }

  /** Those that sign, newest first; never a value. */
  async secrets(webhookId: string): Promise<readonly ShownSecret[]> {
    return liveSecrets(readerOf(this.em), webhookId);
  }

  /** Newest first. */
  async list(filter: WebhookFilter, request: PageRequest<string>): Promise<Page<ShownWebhook, string>> {
    const conditions = conditionsOf(filter);
    const found = await this.select(conditions, seek(conditions, 'id', 'desc', request));
    const page = pageFrom(found, request, ({ id }) => id);
    return isBeforeAll(page, request) ? this.list(filter, firstOf(request)) : page;
  }

  /** Those that fail, the most failures in a row first, then the others, newest first. Forwards alone. */
  async worst(filter: WebhookFilter, { limit, after }: PageRequest<string>): Promise<Page<ShownWebhook, string>> {
    const [failures = null, lastId = null] = after === null ? [] : splitPlace(after);
    const found: (ShownWebhook & { readonly failures: number })[] = [];
    if (failures !== 0) found.push(...(await this.failing(filter, failures, lastId, limit + 1)));
    if (found.length <= limit) {
      const healthy = conditionsOf(filter).and(`not exists (select from ${failingNow})`);
      healthy.add('id < ?', failures === 0 ? lastId : null);
      const rest = await this.select(healthy, `order by id desc limit ${limit + 1 - found.length}`);
      found.push(...rest.map((webhook) => ({ ...webhook, failures: 0 })));
    }
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const next = found.length > limit && last !== undefined ? `${last.failures}:${last.id}` : null;
    return { items: items.map(({ failures: _, ...webhook }) => webhook), next, previous: null };
  }

  private failing(filter: WebhookFilter, failures: number | null, lastId: string | null, limit: number) {
    const conditions = conditionsOf(filter);
    if (failures !== null && lastId !== null) {
      const place = `(${conditions.value(failures)}::int, ${conditions.value(lastId)})`;
      conditions.and(`(h.consecutive_failures, h.webhook_id) < ${place}`);
    }
    return readerOf(this.em)<ShownWebhook & { failures: number }>(
      `select ${columns}, h.consecutive_failures as failures from webhook cross join lateral (select h.consecutive_failures, h.webhook_id from ${failingNow}) h
       ${conditions.where} order by h.consecutive_failures desc, h.webhook_id desc limit ${limit}`,
      conditions.values,
    );
  }

  /**
   * The types and patterns that active webhooks of these clients take. A client with more than `typesMax` of them, or with
   * more than a thousand webhooks, is left out.
   */
  async typesTaken(clientIds: readonly string[], typesMax: number): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await readerOf(this.em)<{ clientId: string; count: number; types: string[] }>(typesTakenSql, [
      clientIds,
      typesMax + 1,
    ]);
    const fit = rows.filter(({ count, types }) => count <= webhooksLookedAtMax && types.length <= typesMax);
    return new Map(fit.map(({ clientId, types }) => [clientId, types]));
  }

  /** What a replay has to know of webhooks; those that are no more are left out. */
  async targets(ids: readonly string[], run: Run): Promise<ReplayTarget[]> {
    return run<ReplayTarget>(
      `select id, client_id as "clientId", is_active as "isActive", format, filter, rewind_id is not null as "isRewound"
      from webhook where id = any($1)`,
      [ids],
    );
  }

  /** How many there are, active and not. */
  async count(): Promise<{ readonly active: number; readonly inactive: number }> {
    const [row] = await readerOf(this.em)<{ active: number; inactive: number }>(
      `select count(*) filter (where is_active)::float8 as active,
        count(*) filter (where not is_active)::float8 as inactive from webhook`,
    );
    return row ?? { active: 0, inactive: 0 };
  }

  private select(conditions: Conditions, tail: string): Promise<ShownWebhook[]> {
    return readerOf(this.em)<ShownWebhook>(
      `select ${columns} from webhook ${conditions.where} ${tail}`,
      conditions.values,
    );
  }
}

export function shownWebhook(row: WebhookRow): ShownWebhook {
  return {
    id: row.id,
    clientId: row.clientId,
    url: row.url,
    eventTypes: row.eventTypes,
    description: row.description ?? null,
    labels: row.labels,
    externalId: row.externalId ?? null,
    isActive: row.isActive,
    disabledBy: row.disabledBy ?? null,
    disabledReason: row.disabledReason ?? null,
    disabledAt: row.isActive ? null : (row.disabledAt ?? null),
    isVerificationPending: row.verificationPending,
    verifiedAt: row.verifiedAt ?? null,
    pausedSince: row.pausedSince ?? null,
    pausedUntil: row.pausedUntil ?? null,
    holdsUntil: row.holdsUntil ?? null,
    rewindId: row.rewindId ?? null,
    rewindTo: row.rewindTo ?? null,
    headers: row.maskedHeaders,
    filter: row.filter ?? null,
    ordering: row.ordering,
    maxInFlight: row.maxInFlight,
    rateLimitPerSecond: row.rateLimitPerSecond ?? null,
    timeoutMs: row.timeoutMs,
    retryPolicy: row.retryPolicy,
    successCodes: row.successCodes,
    retryOn: row.retryOn,
    failOn: row.failOn,
    format: row.format,
    autoHeal: row.autoHeal,
    autoHealGone: row.autoHealGone,
    tls: row.shownTls ?? null,
    signatureAlgorithm: row.signatureAlgorithm,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** How metrics show an id (maskedId of libs/runtime/metrics.ts). */
const maskedForm = /^(.{4})(?:…|\.\.\.)(.{4})$/u;

function conditionsOf(filter: WebhookFilter): Conditions {
  const conditions = new Conditions()
    .add('client_id = ?', filter.scope)
    .add('client_id = ?', filter.clientId)
    .add('is_active = ?', filter.isActive);
  if (filter.eventType !== undefined) conditions.addOverlap('event_types', patternsFor(filter.eventType));
  conditions.add(`${stateNow} = any(?)`, filter.state);
  for (const [name, value] of filter.labels ?? []) {
    conditions.add('labels @> ?::jsonb', JSON.stringify({ [name]: value }));
  }
  const [, first, last] = maskedForm.exec(filter.text ?? '') ?? [];
  if (first !== undefined && last !== undefined)
    return conditions.add('id like ?', `${escaped(first)}%${escaped(last)}`);
  const pattern = filter.text === undefined ? undefined : `%${escaped(filter.text)}%`;
  return conditions.add('(url ilike ? or description ilike ? or external_id ilike ?)', pattern);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}

/** Of a cursor of {@link WebhookView.worst}. */
function splitPlace(place: string): [failures: number, id: string] {
  const at = place.indexOf(':');
  return [Number(place.slice(0, at)), place.slice(at + 1)];
}

export function isWorstPlace(place: string): boolean {
  return /^\d{1,9}:[\x21-\x7e]{1,100}$/.test(place);
}

const webhooksLookedAtMax = 1_000;
const typesTakenSql = `
select c.id as "clientId", taken.count, taken.types
from unnest($1::text[]) c(id) cross join lateral (
  with few as (
    select event_types from webhook where client_id = c.id and is_active limit ${webhooksLookedAtMax + 1}
  )
  select (select count(*)::int from few) as count, array(
    select distinct t from few, jsonb_array_elements_text(few.event_types) t limit $2
  ) as types
) taken`;

/** Health that counts: not of another address, nor of before it was enabled (readHealth in health-rows.ts). */
const healthNow = `webhook_health h where h.webhook_id = webhook.id
    and (h.target_version is null or h.target_version = webhook.target_version)
    and (webhook.enabled_at is null or webhook.enabled_at is not distinct from h.counted_from)`;
const failingNow = `${healthNow} and h.consecutive_failures > 0`;

/** As `stateOf` in libs/domain/health/health-state.ts says it of what readHealth (health-rows.ts) reads. */
const stateNow = `case when disabled_by = 'unverified' then 'unverified' when not is_active then 'disabled' when paused_until > now() then 'paused'
  when recovering_until is not null
    or paused_until + least(paused_until - paused_since, interval '${drainMsMax} milliseconds') > now() then 'recovering'
  when exists (select from ${healthNow} and h.state = 'failing')
  then 'failing' else 'healthy' end`;

const columns = `id, client_id as "clientId", url, event_types as "eventTypes", description, labels,
  external_id as "externalId", is_active as "isActive",
  disabled_by as "disabledBy", disabled_reason as "disabledReason",
  case when not is_active then disabled_at end as "disabledAt", verification_pending as "isVerificationPending",
  verified_at as "verifiedAt", paused_since as "pausedSince", paused_until as "pausedUntil",
  holds_until as "holdsUntil", rewind_id as "rewindId", rewind_to as "rewindTo",
  masked_headers as "headers", filter, ordering, max_in_flight as "maxInFlight",
  rate_limit_per_second as "rateLimitPerSecond", timeout_ms as "timeoutMs", retry_policy as "retryPolicy",
  success_codes as "successCodes", retry_on as "retryOn", fail_on as "failOn", format,
  auto_heal as "autoHeal", auto_heal_gone as "autoHealGone", shown_tls as "tls", signature_algorithm as "signatureAlgorithm", version, created_at as "createdAt", updated_at as "updatedAt"`;
