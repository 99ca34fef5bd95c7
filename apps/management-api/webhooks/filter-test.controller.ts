/**
 * In: an event, made up or of the history, and a webhook. Out: what fan-out would decide. Holds: the event is masked
 * before the filter sees it, as in fan-out, so that trying filters tells nobody what is masked; nothing is sent.
 */
import { randomBytes } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { testFilter } from '../../../libs/api-contract/webhook-checks.ts';
import { parseFilter, type ExplainedCondition, type FilterEvent } from '../../../libs/domain/filter/filter.ts';
import { timeOfId } from '../../../libs/domain/ids.ts';
import { outlineJson } from '../../../libs/domain/payload/json-outline.ts';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import { Mask, SensitiveNames } from '../../../libs/domain/payload/mask.ts';
import { patternMatches } from '../../../libs/domain/delivery/match.ts';
import { objectId } from '../../../libs/domain/object-id.ts';
import { EventTypeStore } from '../../../libs/postgres/webhooks/event-type-store.ts';
import { EventView } from '../../../libs/postgres/history/event-view.ts';
import { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { ownerOf, type InputOf } from '../access/caller.ts';
import { ConcurrencyQuota } from '../access/concurrency-quota.ts';
import { judgeCapability } from '../access/operation-role.ts';
import { invalid, notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';

type FilterTest = InputOf<typeof testFilter>;

/** An event but for its data, which is JSON text. */
type Envelope = Omit<FilterEvent, 'data'>;

/** Each has a document of up to a mebibyte in hand, parsed more than once. */
const testsMax = { perOwnerMax: 4, max: 16, problem: 'too_many_at_once' } as const;

@Controller()
export class FilterTestController {
  private readonly places = new ConcurrencyQuota(testsMax);

  constructor(
    @Inject(WebhookView) private readonly webhooks: WebhookView,
    @Inject(EventView) private readonly events: EventView,
    @Inject(EventTypeStore) private readonly eventTypes: EventTypeStore,
    @Inject(SensitiveNames) private readonly sensitiveNames: SensitiveNames,
  ) {}

  @Route(testFilter)
  async try(@Input() input: FilterTest) {
    const giveBack = this.places.take(ownerOf(input.caller));
    try {
      return await this.judged(input);
    } finally {
      giveBack();
    }
  }

  private async judged({ params, body, scope, caller }: FilterTest) {
    // What a filter says of an event tells what is in it.
    if (body.eventId !== undefined) judgeCapability(caller, 'payloads.read');
    const webhook = await this.webhooks.find(params.id, scope);
    if (webhook === null) throw notFound();
    const { envelope, dataText } = await this.eventOf(body, webhook.clientId);
    const filter = body.filter === undefined ? webhook.filter : jsonOrNull(body.filter);
    const isSubscribed = webhook.eventTypes.some((pattern) => patternMatches(pattern, envelope.type));
    const { isFilterPassed, conditions } = judgedBy(filter, { ...envelope, data: parseLossless(dataText) });
    const ofActive = isFilterPassed ? 'matched' : 'filtered';
    const ofSubscribed = webhook.isActive ? ofActive : 'disabled';
    return {
      decision: isSubscribed ? ofSubscribed : ('not_subscribed' as const),
      isSubscribed,
      isFilterPassed,
      conditions: conditions.map(({ found, ...condition }) => ({ ...condition, found: [...found] })),
      event: { ...envelope, data: parseLossless(dataText) },
    };
  }

  private async eventOf({ event, eventId }: FilterTest['body'], clientId: string) {
    if ((event === undefined) === (eventId === undefined)) {
      const message = 'Either an eventId or an event is needed, not both.';
      throw invalid([{ path: event === undefined ? '/eventId' : '/event', rule: 'oneOf', message }]);
    }
    return event === undefined ? this.kept(eventId ?? '', clientId) : this.madeUp(event, clientId);
  }

  /** As the webhook's own client would see it, whoever asks: no other event could reach this webhook. */
  private async kept(eventId: string, clientId: string): Promise<{ envelope: Envelope; dataText: string }> {
    const found = await this.events.find(eventId, { scope: clientId });
    if (found === null) throw notFound();
    if (found.isErased) throw new ProblemError('event_erased');
    const { eventType: type, source, subject, eventKey, data } = found;
    const envelope = { id: found.eventId, type, source, subject, time: new Date(timeOfId(eventKey)).toISOString() };
    return { envelope, dataText: data.toString('utf8') };
  }

  private async madeUp(event: NonNullable<FilterTest['body']['event']>, clientId: string) {
    const now = Date.now();
    const { type, id = objectId('event', now, randomBytes(10)), source = null, subject = null, time } = event;
    const envelope: Envelope = { id, type, source, subject, time: new Date(time ?? now).toISOString() };
    return { envelope, dataText: await this.masked(type, JSON.stringify(event.data ?? null), clientId) };
  }

  private async masked(type: string, text: string, clientId: string): Promise<string> {
    const entry = await this.eventTypes.find(type, clientId);
    const { span } = outlineJson(text, null);
    if (span === null) return text;
    return new Mask(this.sensitiveNames, entry?.sensitivePaths ?? []).apply(JSON.parse(text), span).text;
  }
}

function jsonOrNull(filter: object | null): string | null {
  return filter === null ? null : JSON.stringify(filter);
}

/** A filter that cannot be read passes nothing, as in fan-out. */
function judgedBy(
  filter: string | null,
  event: FilterEvent,
): { readonly isFilterPassed: boolean; readonly conditions: readonly ExplainedCondition[] } {
  if (filter === null) return { isFilterPassed: true, conditions: [] };
  const parsed = parseFilter(parseLossless(filter));
  if (!parsed.ok) return { isFilterPassed: false, conditions: [] };
  return { isFilterPassed: parsed.matches(event), conditions: parsed.explain(event) };
}
