/** Events: publishing them, and reading what became of them. */
import { Controller, Inject } from '@nestjs/common';
import { eraseEvent } from '../../../libs/api-contract/event-erasure.ts';
import { getEvent, listedDataMax, listEvents, publishEvents } from '../../../libs/api-contract/events.ts';
import { EventErasureStore } from '../../../libs/postgres/erasing/event-erasure-store.ts';
import { EventView } from '../../../libs/postgres/history/event-view.ts';
import { whenCommitted } from '../../../libs/postgres/webhooks/held-change.ts';
import { eventKeptOnKafka, lastKept } from '../../../libs/wire/kept-on-kafka.ts';
import { dayTimeOf } from '../../../libs/postgres/history/history-key.ts';
import { maySeePayloads, type InputOf } from '../access/caller.ts';
import type { ManagementApiConfig } from '../config.ts';
import { ErasureRunner } from '../erasing/erasing-runners.ts';
import { CONFIG } from '../http/settings.controller.ts';
import { EventPublisher } from './event-publisher.ts';
import { pageByText, searchedPageAnswer } from '../http/paging.ts';
import { notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { eventDetailResponse, eventErasureResponse, listedEventResponse } from '../responses.ts';
import { timeRangeOf } from '../http/time-range.ts';
import { dayMs } from '../../../libs/domain/day.ts';

@Controller()
export class EventsController {
  constructor(
    @Inject(EventView) private readonly events: EventView,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(EventErasureStore) private readonly erasures: EventErasureStore,
    @Inject(ErasureRunner) private readonly runner: ErasureRunner,
    @Inject(CONFIG) private readonly config: ManagementApiConfig,
  ) {}

  @Route(publishEvents)
  publish(@Input() { body, cloudEvents, caller, traceparent, identity }: InputOf<typeof publishEvents>) {
    if (cloudEvents !== null) return this.publisher.publishCloudEvents(cloudEvents, { caller, identity, traceparent });
    const isList = Array.isArray(body);
    return this.publisher.publish(isList ? body : [body], {
      caller,
      identity,
      traceparent,
      pathOf: (index, path) => `${isList ? `/${index}` : ''}${path}`,
    });
  }

  @Route(listEvents)
  async list(@Input() { query, scope, caller }: InputOf<typeof listEvents>) {
    const { type: eventType, clientId } = query;
    const request = pageByText(query, (key) => dayTimeOf(key) !== null);
    const { source, subject, decision, include = [] } = query;
    const filter = { scope, clientId, eventType, source, subject, decision, ...timeRangeOf(query) };
    const page = await this.events.list(filter, request);
    const keys = page.items.map(({ eventKey }) => eventKey);
    const isDataAsked = include.includes('data');
    const isPayloadHidden = isDataAsked && !maySeePayloads(caller);
    const [decisions, data] = await Promise.all([
      include.includes('decisions') ? this.events.decisionsOf(keys, scope) : null,
      isDataAsked && !isPayloadHidden
        ? this.events.dataOf(keys.slice(0, listedDataMax.events), listedDataMax.bytes)
        : null,
    ]);
    return searchedPageAnswer(page, (event) => listedEventResponse(event, { decisions, data, isPayloadHidden }));
  }

  @Route(getEvent)
  async read(@Input() { params, query, scope, caller }: InputOf<typeof getEvent>) {
    const event = await this.events.find(params.id, { scope, clientId: query.clientId });
    if (event === null) throw notFound();
    const erasure = event.isErased ? await this.erasures.find(event) : null;
    const shown = erasure === null ? null : eventErasureResponse(erasure, this.config.TOPIC_PREFIX);
    return eventDetailResponse(event, !maySeePayloads(caller), shown);
  }

  @Route(eraseEvent)
  async erase(@Input() { params, query, scope, actor }: InputOf<typeof eraseEvent>) {
    const { TOPIC_PREFIX: prefix, HISTORY_RETENTION_DAYS: historyDays } = this.config;
    const now = new Date();
    const keptUntil = Math.max(lastKept(eventKeptOnKafka(prefix, now)).getTime(), now.getTime() + historyDays * dayMs);
    const expiresAt = new Date(keptUntil + dayMs);
    const requested = await this.erasures.request({ eventId: params.id, scope, ...query, expiresAt }, actor, now);
    switch (requested.kind) {
      case 'requested':
        whenCommitted(() => {
          this.runner.lookNow();
        });
        return eventErasureResponse(requested.erasure, prefix);
      case 'missing':
        throw notFound();
      case 'broadcast':
        throw new ProblemError('forbidden', 'The event is everybody’s: an operator may erase it.');
      case 'several':
        throw new ProblemError('several_events');
    }
  }
}
