/** Webhooks are paused and resumed. */
import { Controller, Inject } from '@nestjs/common';
import { pauseWebhook, resumeWebhook } from '../../../libs/api-contract/webhook-pause.ts';
import type { WantedPause } from '../../../libs/postgres/webhooks/webhook-change.ts';
import { WebhookStore } from '../../../libs/postgres/webhooks/webhook-store.ts';
import type { InputOf } from '../access/caller.ts';
import type { ManagementApiConfig } from '../config.ts';
import { invalid, notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { CONFIG } from '../http/settings.controller.ts';
import { webhookResponse } from '../responses.ts';

const hourMs = 3_600_000;

@Controller()
export class WebhookPauseController {
  private readonly deliveryAgeMs: number;

  constructor(
    @Inject(WebhookStore) private readonly store: WebhookStore,
    @Inject(CONFIG) config: ManagementApiConfig,
  ) {
    this.deliveryAgeMs = config.DELIVERY_MAX_AGE_HOURS * hourMs;
  }

  @Route(pauseWebhook)
  pause(@Input() input: InputOf<typeof pauseWebhook>) {
    const { until = null } = input.body;
    return this.hold(input, { until: until === null ? null : new Date(until), deliveryAgeMs: this.deliveryAgeMs });
  }

  @Route(resumeWebhook)
  resume(@Input() input: InputOf<typeof resumeWebhook>) {
    return this.hold(input, null);
  }

  private async hold(
    { params, scope, isMeant, actor }: Omit<InputOf<typeof resumeWebhook>, 'body'>,
    wanted: WantedPause | null,
  ) {
    const held = await this.store.hold({ id: params.id, scope, isMeant }, wanted, actor, new Date());
    switch (held.kind) {
      case 'held':
        return webhookResponse(held.webhook);
      case 'disabled':
        throw new ProblemError('webhook_disabled');
      case 'suspended':
        throw new ProblemError('client_suspended');
      case 'out_of_range': {
        const { latest, notBefore } = held;
        const message =
          notBefore === null
            ? `Must be a future time, ${latest.toISOString()} at the latest: waiting deliveries are not kept for longer.`
            : `Not possible before ${notBefore.toISOString()}: waiting deliveries were already paused for as long as they are kept.`;
        throw invalid([{ path: '/until', rule: 'range', message }]);
      }
      case 'missing':
        throw notFound();
      case 'stale':
        throw new ProblemError('precondition_failed');
    }
  }
}
