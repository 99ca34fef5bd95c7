/** How a webhook is doing, and ways to try it. */
import { Controller, Inject } from '@nestjs/common';
import { getWebhookHealth, pingWebhook, sendTestEvent } from '../../../libs/api-contract/webhook-checks.ts';
import { breakerStateOf } from '../../../libs/domain/health/breaker-state.ts';
import { mayComeBack } from '../../../libs/domain/health/coming-back.ts';
import { drainSeconds } from '../../../libs/domain/health/drain.ts';
import { isFallingBehind } from '../../../libs/domain/health/falling-behind.ts';
import { breakerOpenUntil } from '../../../libs/domain/delivery/held-by.ts';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { healthWindowNames } from '../../../libs/domain/health/health-window.ts';
import { stateOf } from '../../../libs/domain/health/health-state.ts';
import { recoveryPace } from '../../../libs/domain/health/recovery.ts';
import { HealthView, type ShownHealth } from '../../../libs/postgres/health/health-view.ts';
import { WebhookView, type ShownWebhook } from '../../../libs/postgres/webhooks/webhook-view.ts';
import type { InputOf } from '../access/caller.ts';
import { DirectDeliveries } from '../deliveries/direct-deliveries.ts';
import { answeredWhenWritten } from '../outbox/kafka-writer.ts';
import { healthResponse, windowResponse, standingOf } from './health-response.ts';
import { OutcomeWatch } from '../stream/outcome-watch.ts';
import { notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { attemptErrorResponse, timeOrNull } from '../responses.ts';

/** Beside the webhook's own deadline: the way to the dispatcher and back. */
const pingSlackMs = 5_000;

@Controller()
export class WebhookTrialsController {
  constructor(
    @Inject(WebhookView) private readonly webhooks: WebhookView,
    @Inject(HealthView) private readonly healths: HealthView,
    @Inject(DirectDeliveries) private readonly deliveries: DirectDeliveries,
    @Inject(OutcomeWatch) private readonly outcomes: OutcomeWatch,
  ) {}

  @Route(getWebhookHealth)
  async health(@Input() { params, scope }: InputOf<typeof getWebhookHealth>) {
    const shown = await this.healths.find(params.id, scope);
    if (shown === null) throw notFound();
    const { health, waiting, blockedBy, isActive } = shown;
    // Of the same clock as what is compared with it, whatever that of this process says.
    const now = shown.readAt.getTime();
    const standing = standingOf(shown, now);
    const isPaused = standing.pausedUntil !== null;
    const windows = healthWindowNames.map((name) => [name, windowResponse(health.windows, name, now)] as const);
    const oldestAt = waiting.oldestAt?.getTime() ?? null;
    const day = windowResponse(health.windows, '24h', now);
    return {
      webhookId: shown.webhookId,
      state: stateOf(health, {
        ...{ isActive, isPaused, disabledBy: shown.disabledBy },
        isRecovering: standing.recoveringUntil !== null,
      }),
      disabledBy: shown.disabledBy,
      disabledReason: shown.disabledReason,
      pausedUntil: timeOrNull(standing.pausedUntil),
      lastSuccessAt: timeOrNull(health.lastSuccessAt),
      lastFailureAt: timeOrNull(health.lastFailureAt),
      consecutiveFailures: health.consecutiveFailures,
      failingSince: timeOrNull(health.failingSince),
      successRate: day.successRate,
      latencyMs: day.latencyMs,
      windows: Object.fromEntries(windows),
      waiting: {
        count: waiting.count,
        oldestAt: timeOrNull(waiting.oldestAt),
        oldestAgeMs: oldestAt === null ? 0 : Math.max(0, now - oldestAt),
        drainSeconds:
          isActive && !isPaused ? drainSeconds({ count: waiting.count, oldestAt }, health.windows, now) : null,
      },
      fallingBehind: isActive && !isPaused && isFallingBehind(health.late, waiting.hasLateUntried, now),
      blockedBy: blockedBy === null ? null : { ...blockedBy, since: blockedBy.since.toISOString() },
      // The dispatcher forgets what it knew of an endpoint to which nothing is sent.
      breaker: isActive ? breakerStateOf(health, now) : 'closed',
      breakerOpenUntil: timeOrNull(isActive ? breakerOpenUntil(health, now) : null),
      lastPingAt: timeOrNull(health.lastPingAt),
      lastPingDelivered: health.lastPingDelivered,
      healing: healingOf(shown, now),
      verification: verificationShown(shown),
    };
  }

  @Route(pingWebhook)
  async ping(@Input() { params, scope, traceparent, identity }: InputOf<typeof pingWebhook>) {
    const webhook = await this.findProven(params.id, scope);
    const { delivery, send } = this.deliveries.ping(webhook, identity, traceparent);
    // Listening first: the outcome may be there before the acknowledgement is.
    const awaited = this.outcomes.next(webhook.id, delivery.deliveryId, webhook.timeoutMs + pingSlackMs);
    const [outcome] = await Promise.all([awaited, send()]);
    if (outcome === null) throw new ProblemError('health_check_timeout');
    return {
      outcome: outcome.status,
      responseCode: outcome.responseCode,
      latencyMs: outcome.latencyMs,
      error: attemptErrorResponse(outcome),
      checkedAt: new Date(outcome.startedAt).toISOString(),
      ...(await this.standingAfter(webhook.id, outcome)),
    };
  }

  @Route(sendTestEvent)
  async test(@Input() { params, body, scope, traceparent, identity }: InputOf<typeof sendTestEvent>) {
    const webhook = await this.findProven(params.id, scope);
    const dataText = body.data === undefined ? null : JSON.stringify(body.data);
    const wanted = { eventType: body.eventType, dataText, traceparent };
    const { delivery, send } = await this.deliveries.test(webhook, wanted, identity);
    const { eventId, deliveryId } = delivery;
    return answeredWhenWritten({ eventId, deliveryId }, send);
  }

  /** What is known of its attempts, and this ping, which the monitor may not have read yet. */
  private async standingAfter(webhookId: string, { status, startedAt }: Pick<DeliveryOutcome, 'status' | 'startedAt'>) {
    const known = (await this.healths.ofMany([webhookId])).get(webhookId);
    if (known === undefined) throw notFound(); // deleted meanwhile
    const { state, lastSuccessAt, lastFailureAt, consecutiveFailures } = healthResponse(known);
    const at = new Date(startedAt).toISOString();
    const isDelivered = status === 'delivered';
    return {
      status: state,
      lastSuccessAt: isDelivered ? latest(lastSuccessAt, at) : lastSuccessAt,
      lastFailureAt: isDelivered ? lastFailureAt : latest(lastFailureAt, at),
      consecutiveFailures,
    };
  }

  /** One whose endpoint may be sent to. @throws ProblemError not_found, webhook_unverified */
  private async findProven(id: string, scope: string | null): Promise<ShownWebhook> {
    const webhook = await this.webhooks.find(id, scope);
    if (webhook === null) throw notFound();
    if (webhook.isVerificationPending) throw new ProblemError('webhook_unverified');
    return webhook;
  }
}

/** Of two times of one form. */
function latest(one: string | null, other: string): string {
  return one !== null && one > other ? one : other;
}

/** Null for a webhook that has nothing to prove. */
function verificationShown({ verification, isVerificationPending }: ShownHealth) {
  if (!isVerificationPending) return null;
  const { tries, askedAt, problem, nextAt } = verification;
  return { tries, askedAt: timeOrNull(askedAt), problem, nextAt: timeOrNull(nextAt) };
}

/** Null for a webhook that neither waits for good pings nor recovers from them. */
function healingOf(shown: ShownHealth, now: number) {
  const { nextPingAt, health, autoHeal } = shown;
  const { recoveringSince, recoveringUntil } = standingOf(shown, now);
  if (recoveringSince === null && !(mayComeBack(shown) && autoHeal)) return null;
  const pace = recoveryPace({ recoveringSince, recoveringUntil }, now);
  return {
    goodPings: health.goodPings,
    failedPings: health.failedPings,
    nextPingAt: timeOrNull(nextPingAt),
    recoveringSince: timeOrNull(recoveringSince),
    recoveringUntil: timeOrNull(recoveringUntil),
    pacePerSecond: pace === null ? null : Math.round(pace * 10) / 10,
  };
}
