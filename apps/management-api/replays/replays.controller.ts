/** Replays: many deliveries sent again, as a job. */
import { randomBytes } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import type { AnswerOf } from '../../../libs/api-contract/operation.ts';
import * as contract from '../../../libs/api-contract/replays.ts';
import { rewindWebhook } from '../../../libs/api-contract/webhook-rewind.ts';
import { traitNames } from '../../../libs/domain/delivery/delivery-traits.ts';
import { objectId } from '../../../libs/domain/object-id.ts';
import { deliveryStatuses, type DeliveryStatus } from '../../../libs/domain/delivery/outcome.ts';
import { replayPaceDefault, type ReplayFilter } from '../../../libs/domain/delivery/replay.ts';
import { ClientStore } from '../../../libs/postgres/webhooks/client-store.ts';
import { withinBounds } from '../../../libs/postgres/bounded-reads.ts';
import { whenCommitted } from '../../../libs/postgres/webhooks/held-change.ts';
import type { NewReplay, Replay } from '../../../libs/postgres/replays/new-replay.ts';
import { ReplayStore } from '../../../libs/postgres/replays/replay-store.ts';
import { WebhookStore } from '../../../libs/postgres/webhooks/webhook-store.ts';
import { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { ownerOf, type InputOf } from '../access/caller.ts';
import type { ManagementApiConfig } from '../config.ts';
import { judgeTraits } from '../deliveries/delivery-filter.ts';
import { ConcurrencyQuota } from '../access/concurrency-quota.ts';
import { pageAnswer, pageByText } from '../http/paging.ts';
import { invalid, notFound, ProblemError } from '../http/problem-error.ts';
import { ReplayRunner } from './replay-runner.ts';
import { Input, Route } from '../http/route.ts';
import { CONFIG } from '../http/settings.controller.ts';
import { newRewind } from './new-rewind.ts';
import { replayResponse } from './replay-response.ts';
import { refuseEmptyRange } from '../http/time-range.ts';

type NewReplayInput = InputOf<typeof contract.createReplay>;

/** Each has a connection busy for seconds, however little it finds. */
const countsMax = { perOwnerMax: 1, max: 2, problem: 'too_many_at_once' } as const;

@Controller()
export class ReplaysController {
  private readonly counts = new ConcurrencyQuota(countsMax);

  constructor(
    @Inject(ReplayStore) private readonly replays: ReplayStore,
    @Inject(ReplayRunner) private readonly runner: ReplayRunner,
    @Inject(WebhookView) private readonly webhooks: WebhookView,
    @Inject(ClientStore) private readonly clients: ClientStore,
    @Inject(WebhookStore) private readonly store: WebhookStore,
    @Inject(CONFIG) private readonly config: ManagementApiConfig,
  ) {}

  @Route(contract.createReplay)
  async create(@Input() input: NewReplayInput) {
    const { body, caller, actor } = input;
    const now = new Date();
    const replay = {
      id: objectId('replay', now.getTime(), randomBytes(10)),
      clientId: await this.clientOf(input),
      filter: filterOf(body.filter ?? {}),
      targetWebhookId: body.targetWebhookId ?? null,
      pacePerSecond: body.pacePerSecond ?? replayPaceDefault,
      createdBy: caller.keyId,
    };
    if (body.dryRun === true) return this.shown(await this.dryRun(replay, input, now));
    const created = await this.replays.create(replay, actor, now);
    if (created === null) throw new ProblemError('too_many_replays');
    whenCommitted(() => {
      this.runner.lookNow();
    });
    return this.shown(created);
  }

  @Route(rewindWebhook)
  async rewind(@Input() input: InputOf<typeof rewindWebhook>) {
    const { params, body, scope, isMeant, caller, actor } = input;
    const now = new Date();
    const webhook = await this.webhooks.find(params.id, scope);
    if (webhook === null) throw notFound();
    const replay = newRewind({
      webhook,
      to: body.to,
      path: '/to',
      now,
      createdBy: caller.keyId,
      pacePerSecond: body.pacePerSecond,
    });
    if (body.dryRun === true) return this.shown(await this.dryRun(replay, input, now));
    const rewound = await this.store.rewind({ id: params.id, scope, isMeant }, replay, actor, now);
    switch (rewound.kind) {
      case 'rewound':
        whenCommitted(() => {
          this.runner.lookNow();
        });
        return this.shown(rewound.replay);
      case 'disabled':
        throw new ProblemError('webhook_disabled');
      case 'unverified':
        throw new ProblemError('webhook_unverified');
      case 'rewinding':
        throw new ProblemError('webhook_rewinding');
      case 'too_many_replays':
        throw new ProblemError('too_many_replays');
      case 'missing':
        throw notFound();
      case 'stale':
        throw new ProblemError('precondition_failed');
    }
  }

  private shown(replay: Replay): AnswerOf<typeof contract.getReplay> {
    return replayResponse(replay, this.config.HISTORY_RETENTION_DAYS);
  }

  private async dryRun(
    replay: NewReplay,
    { caller, actor, readBounds }: Pick<NewReplayInput, 'caller' | 'actor' | 'readBounds'>,
    now: Date,
  ): Promise<Replay> {
    const giveBack = this.counts.take(ownerOf(caller));
    try {
      return await withinBounds(readBounds, () => this.replays.createDryRun(replay, actor, now));
    } finally {
      giveBack();
    }
  }

  @Route(contract.listReplays)
  async list(@Input() { query, scope }: InputOf<typeof contract.listReplays>) {
    return pageAnswer(await this.replays.list({ scope, ...query }, pageByText(query)), (one) => this.shown(one));
  }

  @Route(contract.getReplay)
  async read(@Input() { params, scope }: InputOf<typeof contract.getReplay>) {
    const replay = await this.replays.find(params.id, scope);
    if (replay === null) throw notFound();
    return this.shown(replay);
  }

  @Route(contract.cancelReplay)
  async cancel(@Input() { params, scope, actor }: InputOf<typeof contract.cancelReplay>) {
    const replay = await this.replays.cancel(params.id, scope, actor, new Date());
    if (replay === null) throw notFound();
    if (replay.status !== 'cancelled' && !replay.isCutShort) throw new ProblemError('replay_ended');
    return this.shown(replay);
  }

  /** Whose deliveries they are. @throws ProblemError */
  private async clientOf({ body, scope }: NewReplayInput): Promise<string> {
    const { webhookId } = body.filter ?? {};
    const { targetWebhookId = webhookId } = body;
    if (webhookId !== undefined && targetWebhookId !== undefined) {
      const webhook = await this.webhooks.find(webhookId, scope);
      const target = targetWebhookId === webhookId ? webhook : await this.webhooks.find(targetWebhookId, scope);
      const isOthers = body.clientId !== undefined && body.clientId !== webhook?.clientId;
      if (webhook === null || isOthers || target?.clientId !== webhook.clientId) throw notFound();
      if (!target.isActive && body.dryRun !== true) throw new ProblemError('webhook_disabled');
      return webhook.clientId;
    }
    if (targetWebhookId !== undefined) {
      // Of several webhooks an event may have several deliveries: it would be sent there as often.
      const message = 'The filter must name the webhook whose deliveries are sent there.';
      throw invalid([{ path: '/filter/webhookId', rule: 'dependent', message }]);
    }
    const clientId = body.clientId ?? scope;
    if (clientId === null) {
      const message = 'With an admin key, give clientId, or a webhook in the filter.';
      throw invalid([{ path: '/clientId', rule: 'required', message }]);
    }
    if (scope !== null && clientId !== scope) throw notFound();
    if (scope === null && (await this.clients.find(clientId)) === null) throw notFound();
    return clientId;
  }
}

/** @throws ProblemError */
function filterOf({
  status,
  from,
  to,
  missedSince,
  arrivedFrom,
  arrivedTo,
  ...rest
}: NonNullable<NewReplayInput['body']['filter']>): ReplayFilter {
  if (rest.missedWhileDisabled === true && status !== undefined && [status].flat().join() !== 'failed_permanent') {
    const message = 'Beside it, status can only be failed_permanent.';
    throw invalid([{ path: '/filter/missedWhileDisabled', rule: 'exclusive', message }]);
  }
  if (rest.missedWhileDisabled === true && traitNames.some((name) => Object.hasOwn(rest, name))) {
    const message = 'It selects events that were never sent, so conditions on attempts cannot be combined with it.';
    throw invalid([{ path: '/filter/missedWhileDisabled', rule: 'exclusive', message }]);
  }
  if (rest.missedWhileDisabled === true && rest.deliveryIds !== undefined) {
    const message = 'It selects events that were never sent, which have no delivery ids.';
    throw invalid([{ path: '/filter/missedWhileDisabled', rule: 'exclusive', message }]);
  }
  judgeTraits({ ...rest, arrivedFrom, arrivedTo }, '/filter');
  if (missedSince !== undefined && rest.missedWhileDisabled !== true) {
    const message = 'It applies to missed events only: set missedWhileDisabled to true.';
    throw invalid([{ path: '/filter/missedSince', rule: 'dependent', message }]);
  }
  refuseEmptyRange('/filter', ['from', 'to'], from, to);
  return {
    ...rest,
    ...(rest.missedWhileDisabled === true && status === undefined
      ? {}
      : { status: [status ?? statusesOf(rest)].flat() }),
    ...(missedSince === undefined ? {} : { missedSince: timeText(missedSince) }),
    ...(from === undefined ? {} : { from: timeText(from) }),
    ...(to === undefined ? {} : { to: timeText(to) }),
    ...(arrivedFrom === undefined ? {} : { arrivedFrom: timeText(arrivedFrom) }),
    ...(arrivedTo === undefined ? {} : { arrivedTo: timeText(arrivedTo) }),
  };
}

/** What is chosen one by one is meant, wherever it stands. */
function statusesOf({ deliveryIds }: Pick<ReplayFilter, 'deliveryIds'>): readonly DeliveryStatus[] {
  return deliveryIds === undefined ? ['failed_permanent'] : deliveryStatuses;
}

/** In UTC. Nothing is from before 1970, wherever that was said. */
function timeText(time: string): string {
  return new Date(Math.max(Date.parse(time), 0)).toISOString();
}
