/** Deliveries: the history, and sending again. */
import { Controller, Inject } from '@nestjs/common';
import * as contract from '../../../libs/api-contract/deliveries.ts';
import { deliveryAge } from '../../../libs/domain/delivery/delivery-age.ts';
import { heldBy } from '../../../libs/domain/delivery/held-by.ts';
import { SensitiveNames } from '../../../libs/domain/payload/mask.ts';
import { pastPayload, type PastDelivery } from '../../../libs/domain/delivery/direct-delivery.ts';
import { AuditStore } from '../../../libs/postgres/access/audit-store.ts';
import {
  DeliveryView,
  type AttemptItem,
  type DeliveryFilter,
  type DeliveryItem,
} from '../../../libs/postgres/history/delivery-view.ts';
import { EventView, type KeptEvent } from '../../../libs/postgres/history/event-view.ts';
import { HealthView } from '../../../libs/postgres/health/health-view.ts';
import { dayTimeOf } from '../../../libs/postgres/history/history-key.ts';
import { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { maySeePayloads, ownerOf, type InputOf } from '../access/caller.ts';
import { ConcurrencyQuota } from '../access/concurrency-quota.ts';
import { deliveryFilterOf } from './delivery-filter.ts';
import { DirectDeliveries } from './direct-deliveries.ts';
import { answeredWhenWritten } from '../outbox/kafka-writer.ts';
import { pageByText, searchedPageAnswer } from '../http/paging.ts';
import { notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { attemptResponse, deliveryResponse, timeOrNull } from '../responses.ts';
import { standingOf } from '../webhooks/health-response.ts';
import { WebhookDefaultsOf } from '../webhooks/webhook-defaults.ts';

/** Each looks at up to 50,000 rows. One fewer than a client has connections for what it reads: its lists go on. */
const countsMax = { perOwnerMax: 2, max: 4, problem: 'too_many_at_once' } as const;

@Controller()
export class DeliveriesController {
  private readonly counts = new ConcurrencyQuota(countsMax);

  constructor(
    @Inject(DeliveryView) private readonly deliveries: DeliveryView,
    @Inject(EventView) private readonly events: EventView,
    @Inject(WebhookView) private readonly webhooks: WebhookView,
    @Inject(HealthView) private readonly healths: HealthView,
    @Inject(DirectDeliveries) private readonly direct: DirectDeliveries,
    @Inject(AuditStore) private readonly audit: AuditStore,
    @Inject(WebhookDefaultsOf) private readonly operator: WebhookDefaultsOf,
    @Inject(SensitiveNames) private readonly sensitive: SensitiveNames,
  ) {}

  @Route(contract.listDeliveries)
  list(@Input() { query, scope }: InputOf<typeof contract.listDeliveries>) {
    const { clientId, webhookId } = query;
    return this.page(query, { ...deliveryFilterOf(query), scope, clientId, webhookId });
  }

  @Route(contract.countDeliveries)
  async count(@Input() { query, scope, caller }: InputOf<typeof contract.countDeliveries>) {
    const { clientId, webhookId } = query;
    const filter = { ...deliveryFilterOf(query), scope, clientId, webhookId };
    const giveBack = this.counts.take(ownerOf(caller));
    try {
      return await this.deliveries.count(filter);
    } finally {
      giveBack();
    }
  }

  @Route(contract.listWebhookDeliveries)
  async listOfWebhook(@Input() { params, query, scope }: InputOf<typeof contract.listWebhookDeliveries>) {
    if ((await this.webhooks.find(params.id, scope)) === null) throw notFound();
    return this.page(query, { ...deliveryFilterOf(query), scope, webhookId: params.id });
  }

  @Route(contract.getDelivery)
  async read(@Input() { params, scope, caller }: InputOf<typeof contract.getDelivery>) {
    const delivery = await this.deliveries.find(params.id, scope);
    if (delivery === null) throw notFound();
    const [attempts, kept, held] = await Promise.all([
      this.deliveries.attempts(delivery.id),
      this.keptOf(delivery),
      this.heldBy(delivery),
    ]);
    const isPayloadHidden = !maySeePayloads(caller);
    const isKept = kept !== null && !kept.event.isErased;
    const payload = isKept ? pastPayload(kept.past, kept.event) : null;
    const { signatureHeader } = this.operator;
    const shown = { signatureHeader, isPayloadHidden, sensitive: this.sensitive };
    return {
      ...deliveryResponse(delivery),
      payloadSent: isPayloadHidden ? null : (payload?.body.toString('utf8') ?? null),
      payloadContentType: payload?.contentType ?? null,
      isPayloadHidden,
      isErased: kept?.event.isErased ?? false,
      attempts: attempts.map((attempt, index) => attemptResponse(attempt, index, shown)),
      heldBy: held,
      age: ageOf(delivery, attempts, kept?.event ?? null),
    };
  }

  @Route(contract.resendDelivery)
  async resend(@Input() { params, scope, actor, traceparent, identity }: InputOf<typeof contract.resendDelivery>) {
    const delivery = await this.deliveries.find(params.id, scope);
    if (delivery === null) throw notFound();
    const webhook = await this.webhooks.find(delivery.webhookId, scope);
    if (webhook === null) throw new ProblemError('webhook_deleted');
    if (!webhook.isActive) throw new ProblemError('webhook_disabled');
    const kept = await this.keptOf(delivery);
    if (kept === null) throw new ProblemError('event_not_in_history');
    if (kept.event.isErased) throw new ProblemError('event_erased');
    const { deliveryId, clientId, webhookId } = delivery;
    // Found where the event is; an event that came without a trace has that of whoever asks.
    const event = { ...kept.event, traceparent: kept.event.traceparent ?? traceparent };
    const { delivery: again, send } = this.direct.resend(kept.past, event, identity);
    const change = { action: 'delivery.resent', objectKind: 'delivery', objectId: deliveryId, clientId } as const;
    // Before it is sent: what was asked for is told, whatever comes of it. A repeat is of the same round.
    const after = { webhookId, round: again.round };
    await this.audit.appendOnce({ ...change, before: null, after }, actor, new Date());
    return answeredWhenWritten({ deliveryId, round: again.round }, send);
  }

  private async page(query: { limit?: number; cursor?: string }, filter: DeliveryFilter) {
    const request = pageByText(query, (id) => dayTimeOf(id) !== null);
    return searchedPageAnswer(await this.deliveries.list(filter, request), deliveryResponse);
  }

  /** A bounded number of rows is looked at, however much waits. */
  private async heldBy({ deliveryId, status, nextAttemptAt, webhookId, clientId }: DeliveryItem) {
    if (status === 'delivered' || status === 'failed_permanent') return null;
    const [webhook, healths] = await Promise.all([
      this.webhooks.find(webhookId, clientId),
      this.healths.ofMany([webhookId]),
    ]);
    const known = healths.get(webhookId);
    if (webhook === null || known === undefined) return null;
    const { isActive, rateLimitPerSecond } = webhook;
    const { health, waiting, blockedBy, readAt } = known;
    const hold = heldBy(
      { id: deliveryId, status, nextAttemptAt: nextAttemptAt?.getTime() ?? null },
      {
        ...{ isActive, rateLimitPerSecond, health, waitingCount: waiting.count },
        ...standingOf(known, readAt.getTime()),
        blockedBy: blockedBy?.deliveryId ?? null,
      },
      readAt.getTime(),
    );
    return hold === null ? null : { ...hold, until: timeOrNull(hold.until) };
  }

  /** Null when the event is not in the history, so that what was sent cannot be made again. */
  private async keptOf(delivery: DeliveryItem): Promise<{ past: PastDelivery; event: KeptEvent } | null> {
    const { eventKey, format } = delivery;
    if (eventKey === null || format === null) return null;
    const event = await this.events.kept(eventKey);
    return event === null ? null : { past: { ...delivery, format }, event };
  }
}

function ageOf({ createdAt, status }: DeliveryItem, attempts: readonly AttemptItem[], event: KeptEvent | null) {
  const aged = attempts.map(({ round, roundAt, startedAt, latencyMs, nextAttemptAt }) => ({
    round,
    roundAt: roundAt.getTime(),
    startedAt: startedAt.getTime(),
    latencyMs,
    nextAttemptAt: nextAttemptAt?.getTime() ?? null,
  }));
  const arrivedAt = event?.receivedAt.getTime() ?? null;
  return deliveryAge({ arrivedAt, createdAt: createdAt.getTime(), status, attempts: aged }, Date.now());
}
