/** Events: publishing them, and reading what became of them. */
import { Controller, Inject } from '@nestjs/common';
import { getEvent, listedDataMax, listEvents, publishEvents } from '../../../libs/api-contract/events.ts';
import { EventView } from '../../../libs/postgres/history/event-view.ts';
import { dayTimeOf } from '../../../libs/postgres/history/history-key.ts';
import { maySeePayloads, type InputOf } from '../access/caller.ts';
import { EventPublisher } from './event-publisher.ts';
import { pageByText, searchedPageAnswer } from '../http/paging.ts';
import { notFound } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { shownEventDetail, shownListedEvent } from '../shown.ts';
import { timeRangeOf } from '../http/time-range.ts';

@Controller()
export class EventsController {
  constructor(
    @Inject(EventView) private readonly events: EventView,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
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
    return searchedPageAnswer(page, (event) => shownListedEvent(event, { decisions, data, isPayloadHidden }));
  }

  @Route(getEvent)
  async read(@Input() { params, query, scope, caller }: InputOf<typeof getEvent>) {
    const event = await this.events.find(params.id, { scope, clientId: query.clientId });
    if (event === null) throw notFound();
    return shownEventDetail(event, !maySeePayloads(caller));
  }
}
