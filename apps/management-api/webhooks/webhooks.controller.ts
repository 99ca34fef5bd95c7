/** Webhooks and their secrets. */
import { randomBytes } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import * as secretContract from '../../../libs/api-contract/webhook-secrets.ts';
import * as contract from '../../../libs/api-contract/webhooks.ts';
import { objectId } from '../../../libs/domain/object-id.ts';
import { misspeltTypes } from '../../../libs/domain/event/subscribed-types.ts';
import {
  changedSettings,
  initialSettings,
  type WebhookSettings,
} from '../../../libs/domain/webhook/webhook-settings.ts';
import type { Activity, Missed, Rotation } from '../../../libs/postgres/webhooks/webhook-change.ts';
import { EventTypeStore } from '../../../libs/postgres/webhooks/event-type-store.ts';
import { WebhookStore } from '../../../libs/postgres/webhooks/webhook-store.ts';
import { HealthView } from '../../../libs/postgres/health/health-view.ts';
import { isWorstPlace, WebhookView, type ShownWebhook } from '../../../libs/postgres/webhooks/webhook-view.ts';
import type { Caller, InputOf } from '../access/caller.ts';
import { judgeCapability } from '../access/operation-role.ts';
import { pageAnswer, pageByText } from '../http/paging.ts';
import { invalid, notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { newRewind } from '../replays/new-rewind.ts';
import { healthResponse } from './health-response.ts';
import { webhookResponse, timeOrNull } from '../responses.ts';
import { keptProblems, settingsProblems } from './webhook-checks.ts';
import { WebhookDefaultsOf } from './webhook-defaults.ts';
import { algorithmOf, newSecret, secretResponse } from './webhook-secret.ts';

const hourMs = 3_600_000;
const overlapHoursDefault = 24;
const liveSecretsMax = 10;
/** Of a larger catalogue the first: a hint is worth no more. */
const typesComparedMax = 2_000;

@Controller()
export class WebhooksController {
  constructor(
    @Inject(WebhookStore) private readonly store: WebhookStore,
    @Inject(WebhookView) private readonly view: WebhookView,
    @Inject(HealthView) private readonly healths: HealthView,
    @Inject(WebhookDefaultsOf) private readonly operator: WebhookDefaultsOf,
    @Inject(EventTypeStore) private readonly eventTypes: EventTypeStore,
  ) {}

  @Route(contract.createWebhook)
  async create(@Input() { body, caller, actor }: InputOf<typeof contract.createWebhook>) {
    const now = new Date();
    const defaults = await this.operator.defaults();
    const settings = changedSettings(initialSettings(body.url, body.eventTypes, defaults), body, defaults);
    const clientId = ownerOf(body.clientId, caller);
    this.refuseTogether(settings);
    const supplied = body.secret ?? null;
    const signatureAlgorithm = body.signatureAlgorithm ?? algorithmOf(supplied) ?? defaults.signatureAlgorithm;
    const secret = newSecret(signatureAlgorithm, supplied, now.getTime());
    const id = objectId('webhook', now.getTime(), randomBytes(10));
    const isActive = body.isActive ?? true;
    const rewind = this.startOf(body.startFrom ?? null, { id, clientId }, isActive, caller, now);
    const webhook = { id, clientId, settings, isActive, signatureAlgorithm, secret, ...rewind };
    const created = await this.store.create(webhook, actor, disabledBy(caller), now);
    if (created.kind === 'no_client') throw noSuchClient();
    if (created.kind === 'suspended') throw new ProblemError('client_suspended');
    if (created.kind === 'too_many') throw new ProblemError('too_many_webhooks');
    if (created.kind === 'too_many_replays') throw new ProblemError('too_many_replays');
    const warnings = await this.warningsOf(body.eventTypes, clientId);
    return { ...webhookResponse(created.webhook), secret: secretResponse(secret), ...warnings };
  }

  @Route(contract.listWebhooks)
  async list(@Input() { query, scope }: InputOf<typeof contract.listWebhooks>) {
    const { label, q: text, include, sort, ...rest } = query;
    const labels = label?.map((one) => splitLabel(one));
    const filter = { scope, ...rest, labels, text };
    const page =
      sort === 'worst'
        ? await this.view.worst(filter, pageByText(query, isWorstPlace))
        : await this.view.list(filter, pageByText(query));
    return pageAnswer(page, await this.shownWith(include, page.items));
  }

  @Route(contract.getWebhook)
  async read(@Input() { params, query, scope }: InputOf<typeof contract.getWebhook>) {
    const webhook = await this.view.find(params.id, scope);
    if (webhook === null) throw notFound();
    return (await this.shownWith(query.include, [webhook]))(webhook);
  }

  @Route(contract.updateWebhook)
  async update(@Input() input: InputOf<typeof contract.updateWebhook>) {
    const { isActive, secret, ...given } = input.body;
    if (secret !== undefined) judgeCapability(input.caller, 'secrets.rotate');
    const defaults = await this.operator.defaults();
    const changed = await this.change(input, (current) => changedSettings(current, given, defaults), {
      activity: isActive === undefined ? undefined : activityOf(isActive, input.caller),
      rotation: secret === undefined ? undefined : rotationOf(secret, overlapHoursDefault, new Date()),
    });
    return { ...changed, ...(await this.warningsOf(given.eventTypes ?? [], changed.clientId)) };
  }

  @Route(contract.enableWebhook)
  enable(@Input() input: InputOf<typeof contract.enableWebhook>) {
    return this.change(input, (current) => current, { activity: activityOf(true, input.caller) });
  }

  @Route(contract.disableWebhook)
  async disable(@Input() input: InputOf<typeof contract.disableWebhook>) {
    const disabled = await this.change(input, (current) => current, { activity: activityOf(false, input.caller) });
    return { ...disabled, missed: await this.missedOf(disabled.id) };
  }

  @Route(contract.deleteWebhook)
  async remove(@Input() { params, scope, isMeant, actor }: InputOf<typeof contract.deleteWebhook>) {
    const removed = await this.store.remove({ id: params.id, scope, isMeant }, actor, new Date());
    if (removed.kind !== 'removed') throw missed(removed);
  }

  @Route(secretContract.rotateSecret)
  async rotate(@Input() { params, body, scope, isMeant, actor }: InputOf<typeof secretContract.rotateSecret>) {
    const now = new Date();
    const rotation = rotationOf(body.secret ?? null, body.overlapHours ?? overlapHoursDefault, now);
    const rotated = await this.store.rotate({ id: params.id, scope, isMeant }, rotation, actor, now);
    if (rotated.kind === 'too_many') throw new ProblemError('too_many_secrets');
    if (rotated.kind !== 'rotated') throw missed(rotated);
    return { secret: secretResponse(rotated.secret), previousSecretExpiresAt: rotation.previousEndAt.toISOString() };
  }

  @Route(secretContract.listSecrets)
  async listSecrets(@Input() { params, scope }: InputOf<typeof secretContract.listSecrets>) {
    if ((await this.view.find(params.id, scope)) === null) throw notFound();
    const secrets = await this.view.secrets(params.id);
    return {
      data: secrets.map(({ id, createdAt, expiresAt }) => ({
        id,
        createdAt: createdAt.toISOString(),
        expiresAt: timeOrNull(expiresAt),
      })),
    };
  }

  @Route(secretContract.endSecret)
  async endSecret(@Input() { params, scope, isMeant, actor }: InputOf<typeof secretContract.endSecret>) {
    const ended = await this.store.endSecret({ id: params.id, scope, isMeant }, params.secretId, actor, new Date());
    if (ended.kind === 'newest') throw new ProblemError('newest_secret');
    if (ended.kind !== 'ended') throw missed(ended);
  }

  /** A webhook that begins in the past is one that is rewound from its beginning. @throws ProblemError */
  private startOf(
    to: string | null,
    webhook: { readonly id: string; readonly clientId: string },
    isActive: boolean,
    { keyId: createdBy }: Caller,
    now: Date,
  ) {
    if (to === null) return {};
    if (!isActive) {
      const message = 'Nothing is delivered to a webhook that is not active.';
      throw invalid([{ path: '/startFrom', rule: 'exclusive', message }]);
    }
    return { rewind: newRewind({ webhook, to, path: '/startFrom', now, createdBy }) };
  }

  /** What shows each of these: with its health where that is asked for, in as many statements for all as for one. */
  private async shownWith(include: readonly 'health'[] | undefined, webhooks: readonly ShownWebhook[]) {
    if (include === undefined) return webhookResponse;
    const healths = await this.healths.ofMany(webhooks.map(({ id }) => id));
    return (webhook: ShownWebhook) => {
      const health = healths.get(webhook.id);
      return health === undefined
        ? webhookResponse(webhook)
        : { ...webhookResponse(webhook), health: healthResponse(health) };
    };
  }

  /** Types that may be misspelt, in what the webhook's client sees of the catalogue: told, and never refused for it. */
  private async warningsOf(written: readonly string[], clientId: string) {
    if (written.every((type) => type === '*')) return {};
    const misspelt = misspeltTypes(written, await this.eventTypes.names(clientId, typesComparedMax));
    if (misspelt.length === 0) return {};
    const warnings = misspelt.map(({ written: type, meant }) => ({
      code: 'unknown_event_type' as const,
      message: `The catalogue has no ${type}; did you mean ${meant}?`,
    }));
    return { warnings };
  }

  /** As libs/postgres/webhooks/webhook-transition.ts says it in notices. */
  private async missedOf(webhookId: string) {
    const [since, healths] = await Promise.all([this.view.missedSince(webhookId), this.healths.ofMany([webhookId])]);
    if (since === null) throw notFound(); // deleted meanwhile
    const missedSince = since.toISOString();
    const filter = { webhookId, missedWhileDisabled: true, missedSince };
    return { waiting: healths.get(webhookId)?.waiting.count ?? 0, since: missedSince, replay: { filter } };
  }

  private async change(
    {
      params,
      scope,
      isMeant,
      actor,
    }: Pick<InputOf<typeof contract.enableWebhook>, 'params' | 'scope' | 'isMeant' | 'actor'>,
    settingsAfter: (current: WebhookSettings) => WebhookSettings,
    beside: { readonly activity?: Activity | undefined; readonly rotation?: Rotation | undefined },
  ) {
    const updated = await this.store.update(
      { id: params.id, scope, isMeant },
      (current) => {
        const settings = settingsAfter(current);
        const problems =
          settings === current
            ? []
            : [...keptProblems(current, settings), ...settingsProblems(settings, this.operator.signatureHeader)];
        return problems.length > 0 ? { kind: 'refused', refusal: problems } : { kind: 'change', settings, ...beside };
      },
      actor,
      new Date(),
    );
    switch (updated.kind) {
      case 'updated':
        return webhookResponse(updated.webhook);
      case 'refused':
        throw invalid(updated.refusal);
      case 'too_many':
        throw new ProblemError('too_many_secrets');
      case 'suspended':
        throw new ProblemError('client_suspended');
      case 'unverified':
        throw new ProblemError('webhook_unverified');
      case 'missing':
      case 'stale':
        throw missed(updated);
    }
  }

  private refuseTogether(settings: WebhookSettings): void {
    const problems = settingsProblems(settings, this.operator.signatureHeader);
    if (problems.length > 0) throw invalid(problems);
  }
}

/** A name has no colon; a value may. */
function splitLabel(label: string): readonly [name: string, value: string] {
  const at = label.indexOf(':');
  return [label.slice(0, at), label.slice(at + 1)];
}

function missed({ kind }: Missed): ProblemError {
  return kind === 'missing' ? notFound() : new ProblemError('precondition_failed');
}

function rotationOf(supplied: string | null, overlapHours: number, now: Date): Rotation {
  return {
    secret: (algorithm) => newSecret(algorithm, supplied, now.getTime()),
    previousEndAt: new Date(now.getTime() + overlapHours * hourMs),
    liveMax: liveSecretsMax,
  };
}

function activityOf(isActive: boolean, caller: Caller): Activity {
  return isActive ? { isActive } : { isActive, by: disabledBy(caller), reason: null };
}

function disabledBy(caller: Caller): 'client' | 'operator' {
  return caller.role === 'admin' ? 'operator' : 'client';
}

/** @throws ProblemError that says the same of another client and of nobody */
function ownerOf(clientId: string | undefined, caller: Caller): string {
  if (caller.role === 'admin') {
    if (clientId !== undefined) return clientId;
    throw invalid([{ path: '/clientId', rule: 'required', message: 'With an admin key, give clientId.' }]);
  }
  if (caller.clientId === null || (clientId ?? caller.clientId) !== caller.clientId) throw noSuchClient();
  return caller.clientId;
}

function noSuchClient() {
  return invalid([{ path: '/clientId', rule: 'exists', message: 'There is no such client.' }]);
}
