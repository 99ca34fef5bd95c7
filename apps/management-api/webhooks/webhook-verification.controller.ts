/** Asks endpoints whether they want deliveries, as often as is good for them. */
import { Controller, Inject } from '@nestjs/common';
import { verifyWebhook } from '../../../libs/api-contract/webhook-verification.ts';
import { RequestRate } from '../../../libs/domain/access/request-rate.ts';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { WebhookView, type ShownWebhook } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import type { InputOf } from '../access/caller.ts';
import type { ManagementApiConfig } from '../config.ts';
import { DirectDeliveries } from '../deliveries/direct-deliveries.ts';
import { notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { CONFIG } from '../http/settings.controller.ts';
import { attemptErrorResponse } from '../responses.ts';
import { OutcomeWatch } from '../stream/outcome-watch.ts';

/** Beside the webhook's own deadline: the way to the dispatcher and back. */
const slackMs = 5_000;
/** Nobody scans or floods others through it: ten at once, then one in three seconds, of a client and of a host. */
const askedRate = { perSecond: 1 / 3, burst: 10 };

@Controller()
export class WebhookVerificationController {
  private readonly ofClients = new RequestRate(askedRate);
  private readonly ofHosts = new RequestRate(askedRate);

  constructor(
    @Inject(WebhookView) private readonly webhooks: WebhookView,
    @Inject(DirectDeliveries) private readonly deliveries: DirectDeliveries,
    @Inject(OutcomeWatch) private readonly outcomes: OutcomeWatch,
    @Inject(CONFIG) private readonly config: ManagementApiConfig,
  ) {}

  @Route(verifyWebhook)
  async verify(@Input() { params, scope, traceparent, identity }: InputOf<typeof verifyWebhook>) {
    const webhook = await this.webhooks.find(params.id, scope);
    if (webhook === null) throw notFound();
    const { ENDPOINT_VERIFICATION: method, ENDPOINT_VERIFICATION_ORIGIN: origin } = this.config;
    if (method === 'off') throw new ProblemError('verification_off');
    this.take(webhook);
    const { delivery, send } = this.deliveries.verification(webhook, { method, origin }, identity, traceparent);
    // Listening first: the outcome may be there before the acknowledgement is.
    const awaited = this.outcomes.next(webhook.id, delivery.deliveryId, webhook.timeoutMs + slackMs);
    const [outcome] = await Promise.all([awaited, send()]);
    if (outcome === null) throw new ProblemError('health_check_timeout');
    return {
      isProven: outcome.provedEndpoint === true,
      method,
      problem: problemOf(outcome),
      responseCode: outcome.responseCode,
      latencyMs: outcome.latencyMs,
      checkedAt: new Date(outcome.startedAt).toISOString(),
    };
  }

  /** @throws ProblemError rate_limited */
  private take({ clientId, url }: ShownWebhook): void {
    const now = monotonicMs();
    const ofClient = this.ofClients.take(clientId, now);
    const waitMs = ofClient ?? this.ofHosts.take(new URL(url).host, now);
    if (waitMs === null) return;
    if (ofClient === null) this.ofClients.giveBack(clientId);
    const detail = 'Endpoints of this client, or of this host, were asked often just now.';
    throw new ProblemError('rate_limited', detail, { retryAfterS: Math.max(1, Math.ceil(waitMs / 1_000)) });
  }
}

function problemOf(outcome: DeliveryOutcome): string | null {
  if (outcome.provedEndpoint === true) return null;
  const said = attemptErrorResponse(outcome)?.message ?? outcome.errorMessage;
  return said ?? 'A dispatcher of an older version was asked, which cannot do this: try again.';
}
