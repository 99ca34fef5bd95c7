/** Objects as the API answers them. */
import type { Static } from 'typebox';
import type { AnswerOf } from '../../libs/api-contract/operation.ts';
import type { getClient } from '../../libs/api-contract/clients.ts';
import type { getDelivery, listDeliveries } from '../../libs/api-contract/deliveries.ts';
import type { getEventType } from '../../libs/api-contract/event-types.ts';
import type { eraseEvent } from '../../libs/api-contract/event-erasure.ts';
import type { eventSchema, getEvent, listEvents } from '../../libs/api-contract/events.ts';
import type { getWebhook } from '../../libs/api-contract/webhooks.ts';
import type { getErasure, listAudit } from '../../libs/api-contract/audit.ts';
import type { SensitiveNames } from '../../libs/domain/payload/mask.ts';
import { timeOfId } from '../../libs/domain/ids.ts';
import { parseLossless } from '../../libs/domain/payload/lossless-json.ts';
import { isObjectId } from '../../libs/domain/object-id.ts';
import { traceIdOf } from '../../libs/domain/event/traceparent.ts';
import { isPaused } from '../../libs/domain/webhook/pause.ts';
import type { ShownTls } from '../../libs/domain/webhook/webhook.ts';
import type { ApiKey } from '../../libs/postgres/access/api-key-store.ts';
import type { Erasure } from '../../libs/postgres/access/audit-erasure-store.ts';
import type { EventErasure } from '../../libs/postgres/erasing/event-erasure-store.ts';
import type { getLeaving } from '../../libs/api-contract/client-leaving.ts';
import type { Leaving } from '../../libs/postgres/erasing/client-leaving-store.ts';
import { leavingSteps } from '../../libs/postgres/erasing/leaving-steps.ts';
import { clientKeptOnKafka, eventKeptOnKafka, type KeptOnKafka } from '../../libs/wire/kept-on-kafka.ts';
import type { AuditEntry } from '../../libs/postgres/access/audit-store.ts';
import type { Client } from '../../libs/postgres/webhooks/client-store.ts';
import type { AttemptItem, DeliveryItem } from '../../libs/postgres/history/delivery-view.ts';
import type { CataloguedType } from '../../libs/postgres/webhooks/event-type-store.ts';
import type { DecisionCounts, EventDetail, EventItem } from '../../libs/postgres/history/event-view.ts';
import type { ShownWebhook } from '../../libs/postgres/webhooks/webhook-view.ts';
import { refusedWords } from '../../libs/sender/address-guard.ts';
import { maskHeaders, shownRequestHeaders } from '../../libs/domain/payload/request-headers.ts';
import { sampleText } from './http/body-sample.ts';
import { maskedSample } from '../../libs/domain/payload/masked-sample.ts';

type ItemOf<Page> = Page extends { data: (infer Item)[] } ? Item : never;

export function clientResponse(client: Client): AnswerOf<typeof getClient> {
  const { noticeEmails, labels, createdAt, leavingAt, suspendedAt, ...shown } = client;
  const ends = { suspendedAt: timeOrNull(suspendedAt), leavingSince: timeOrNull(leavingAt) };
  const times = { createdAt: createdAt.toISOString(), ...ends };
  return { ...shown, noticeEmails: [...noticeEmails], labels: { ...labels }, ...times };
}

export function apiKeyResponse(key: ApiKey) {
  return {
    ...key,
    capabilities: [...key.capabilities],
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: timeOrNull(key.lastUsedAt),
    expiresAt: timeOrNull(key.expiresAt),
  };
}

export function webhookResponse({ rewindId, rewindTo, ...webhook }: ShownWebhook): AnswerOf<typeof getWebhook> {
  return {
    ...webhook,
    rewind: rewindId === null || rewindTo === null ? null : { replayId: rewindId, to: rewindTo.toISOString() },
    startFrom: rewindId === null && webhook.isVerificationPending ? timeOrNull(rewindTo) : null,
    eventTypes: [...webhook.eventTypes],
    successCodes: [...webhook.successCodes],
    retryOn: [...webhook.retryOn],
    failOn: [...webhook.failOn],
    labels: { ...webhook.labels },
    tls: webhook.tls === null ? null : shownTls(webhook.tls),
    filter: webhook.filter === null ? null : (parseLossless(webhook.filter) as object),
    disabledAt: timeOrNull(webhook.disabledAt),
    verifiedAt: timeOrNull(webhook.verifiedAt),
    ...pauseResponse(webhook),
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
  };
}

/** One that is over is none. */
function pauseResponse({
  pausedSince,
  pausedUntil,
  holdsUntil,
}: Pick<ShownWebhook, 'pausedSince' | 'pausedUntil' | 'holdsUntil'>) {
  if (!isPaused({ pausedUntil: pausedUntil?.getTime() ?? null }, Date.now())) {
    return { pausedSince: null, pausedUntil: null, holdsUntil: null };
  }
  return {
    pausedSince: timeOrNull(pausedSince),
    pausedUntil: timeOrNull(pausedUntil),
    holdsUntil: timeOrNull(holdsUntil),
  };
}

function shownTls({ ca, cert, key }: ShownTls) {
  return { ca: ca === null ? null : [...ca], cert: cert === null ? null : [...cert], key };
}

/** @param clientId who asks; null: an operator or a service of the platform. Clients learn of no other client */
export function eventTypeResponse(
  { visibleTo, ...entry }: CataloguedType,
  clientId: string | null,
): AnswerOf<typeof getEventType> {
  return {
    ...entry,
    ...(clientId === null ? { visibleTo: visibleTo === null ? null : [...visibleTo] } : {}),
    sensitivePaths: [...entry.sensitivePaths],
    jsonSchema: entry.jsonSchema === null ? null : (parseLossless(entry.jsonSchema) as object | boolean),
    example: entry.example === null ? null : parseLossless(entry.example),
    createdAt: entry.createdAt.toISOString(),
    updatedAt: entry.updatedAt.toISOString(),
  };
}

export function deliveryResponse(item: DeliveryItem): ItemOf<AnswerOf<typeof listDeliveries>> {
  const { id: _, deliveryId, eventKey: __, format: ___, ...shown } = item;
  return {
    id: deliveryId,
    ...shown,
    createdAt: item.createdAt.toISOString(),
    nextAttemptAt: timeOrNull(item.nextAttemptAt),
    lastAttemptAt: timeOrNull(item.lastAttemptAt),
  };
}

/**
 * Attempts count through all rounds here: whoever reads them need know nothing of rounds.
 * @param shown signatureHeader: SIGNATURE_HEADER; isPayloadHidden: whoever asks may not see payloads; sensitive: names of
 *   fields whose values nobody sees
 */
export function attemptResponse(
  item: AttemptItem,
  index: number,
  {
    signatureHeader,
    isPayloadHidden,
    sensitive,
  }: { readonly signatureHeader: string; readonly isPayloadHidden: boolean; readonly sensitive: SensitiveNames },
): AnswerOf<typeof getDelivery>['attempts'][number] {
  const error = attemptErrorResponse(item);
  const type = item.responseHeaders['content-type'];
  return {
    attempt: index + 1,
    trigger: item.trigger,
    round: item.round,
    replayId: isObjectId('replay', item.round) ? item.round : null,
    startedAt: item.startedAt.toISOString(),
    outcome: item.status,
    reason: item.reason,
    requestHeaders: shownRequestHeaders(item.requestHeaders, { signatureHeader, traceparent: item.traceparent }),
    responseCode: item.responseCode,
    responseHeaders: { ...item.responseHeaders },
    responseBodySample:
      item.responseBodySample === null || isPayloadHidden
        ? null
        : maskedSample(sampleText(item.responseBodySample, type, item.responseBodyTruncated), type, sensitive),
    responseBodyTruncated: item.responseBodyTruncated,
    latencyMs: item.latencyMs,
    error,
    note: error === null ? item.errorMessage : null,
    nextAttemptAt: timeOrNull(item.nextAttemptAt),
    traceId: item.traceparent === null ? null : traceIdOf(item.traceparent),
  };
}

/** Null when an answer came: then the answer says what was wrong. */
export function attemptErrorResponse(
  item: Pick<AttemptItem, 'status' | 'responseCode' | 'errorKind' | 'errorMessage' | 'reason'>,
): { kind: string; message: string } | null {
  if (item.status === 'delivered' || (item.responseCode !== null && item.errorKind === null)) return null;
  const kind = item.errorKind ?? item.reason ?? 'unknown';
  const message = item.errorMessage ?? '';
  return { kind, message: kind === 'refused-address' ? withoutAddress(message) : message };
}

/** Attempts of earlier versions name the address that a name resolved to. */
function withoutAddress(message: string): string {
  return message.replace(/ resolves to \S+, which is refused: it is .*/s, ` resolves to ${refusedWords}`);
}

export function eventResponse(event: EventItem): Static<typeof eventSchema> {
  return {
    id: event.eventId,
    type: event.eventType,
    clientId: event.clientId,
    time: new Date(timeOfId(event.eventKey)).toISOString(),
    source: event.source,
    subject: event.subject,
    kind: event.kind,
    receivedAt: event.receivedAt.toISOString(),
    isErased: event.isErased,
  };
}

/** What was asked for beside events, by event key; null: it was not. */
export interface BesideEvents {
  readonly decisions: ReadonlyMap<string, DecisionCounts> | null;
  /** Of the first ones only. */
  readonly data: ReadonlyMap<string, Buffer> | null;
  /** Data was asked for by somebody who may not see it. */
  readonly isPayloadHidden: boolean;
}

export function listedEventResponse(
  event: EventItem,
  { decisions, data, isPayloadHidden }: BesideEvents,
): ItemOf<AnswerOf<typeof listEvents>> {
  const counts = decisions?.get(event.eventKey);
  const kept = data?.get(event.eventKey);
  return {
    ...eventResponse(event),
    ...(counts === undefined ? {} : { decisions: counts }),
    ...(kept === undefined ? {} : { data: dataOf(kept) }),
    ...(isPayloadHidden ? { data: null, isPayloadHidden } : {}),
  };
}

/** Null of what was erased. */
function dataOf(data: Buffer): unknown {
  return data.length === 0 ? null : parseLossless(data.toString('utf8'));
}

/** @param prefix TOPIC_PREFIX */
export function eventErasureResponse(erasure: EventErasure, prefix: string): AnswerOf<typeof eraseEvent> {
  const { requestedAt, requestedBy, attempts, finishedAt } = erasure;
  const kept = eventKeptOnKafka(prefix, requestedAt);
  return {
    requestedAt: requestedAt.toISOString(),
    requestedBy,
    attempts,
    finishedAt: timeOrNull(finishedAt),
    keptOnKafka: kept.map(keptResponse),
  };
}

/** @param prefix TOPIC_PREFIX */
export function leavingResponse(leaving: Leaving, prefix: string): AnswerOf<typeof getLeaving> {
  const { clientId, startedAt, startedBy, step, erased, finishedAt } = leaving;
  return {
    ...{ clientId, startedBy, step },
    erased: { ...erased },
    startedAt: startedAt.toISOString(),
    finishedAt: timeOrNull(finishedAt),
    stepsLeft: finishedAt === null ? leavingSteps.length - leavingSteps.indexOf(step) : 0,
    keptOnKafka: clientKeptOnKafka(prefix, startedAt).map(keptResponse),
  };
}

function keptResponse({ topic, until }: KeptOnKafka) {
  return { topic, until: timeOrNull(until) };
}

/** @param isPayloadHidden whoever asks may not see payloads */
export function eventDetailResponse(
  event: EventDetail,
  isPayloadHidden: boolean,
  erasure: AnswerOf<typeof eraseEvent> | null,
): AnswerOf<typeof getEvent> {
  const decisions = event.decisions.map(({ webhookId, decision, deliveryId }) => ({ webhookId, decision, deliveryId }));
  const data = isPayloadHidden ? null : dataOf(event.data);
  return { ...eventResponse(event), data, erasure, isPayloadHidden, decisions };
}

export function auditEntryResponse(entry: AuditEntry): ItemOf<AnswerOf<typeof listAudit>> {
  const { actorKind: kind, actorId: id, actorName: name, at, before, after, ...shown } = entry;
  const changed = { before: withMaskedHeaders(before), after: withMaskedHeaders(after) };
  return { ...shown, ...changed, at: at.toISOString(), actor: { kind, id, name } };
}

export function erasureResponse({ requestedAt, finishedAt, ...shown }: Erasure): AnswerOf<typeof getErasure> {
  return { ...shown, requestedAt: requestedAt.toISOString(), finishedAt: timeOrNull(finishedAt) };
}

/** The log is append-only, and its older entries hold values that are masked today. */
function withMaskedHeaders<Part>(part: Part): Part {
  if (typeof part !== 'object' || part === null || !('headers' in part)) return part;
  const { headers } = part;
  if (typeof headers !== 'object' || headers === null) return part;
  return { ...part, headers: maskHeaders(headers as Record<string, string>) };
}

export function timeOrNull(time: Date | number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
