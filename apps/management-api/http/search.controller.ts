/** Whatever has an id: one question to each of what may have it, whatever it looks like. */
import { Controller, Inject } from '@nestjs/common';
import type { Static } from 'typebox';
import { hitsMax, search, type searchHitSchema } from '../../../libs/api-contract/search.ts';
import { timeOfId } from '../../../libs/domain/ids.ts';
import { DeliveryView } from '../../../libs/postgres/history/delivery-view.ts';
import { EventView, type EventItem } from '../../../libs/postgres/history/event-view.ts';
import { ReplayStore } from '../../../libs/postgres/replays/replay-store.ts';
import { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import type { InputOf } from '../access/caller.ts';
import { Input, Route } from './route.ts';

type Hit = Static<typeof searchHitSchema>;

/** What a kind does not have. */
const nothing = { by: 'id', source: null, type: null, eventId: null, webhookId: null } as const;

@Controller()
export class SearchController {
  constructor(
    @Inject(EventView) private readonly events: EventView,
    @Inject(DeliveryView) private readonly deliveries: DeliveryView,
    @Inject(WebhookView) private readonly webhooks: WebhookView,
    @Inject(ReplayStore) private readonly replays: ReplayStore,
  ) {}

  @Route(search)
  async find(@Input() { query, scope }: InputOf<typeof search>): Promise<{ data: Hit[] }> {
    const { q } = query;
    const events = await this.events.search('id', q, scope, hitsMax);
    const traceId = traceIdIn(q);
    const ofTrace = traceId === null ? [] : await this.events.search('trace', traceId, scope, hitsMax);
    const delivery = await this.deliveries.find(q, scope);
    const webhook = await this.webhooks.find(q, scope);
    const replay = await this.replays.find(q, scope);
    const data: Hit[] = [
      ...events.map((event) => eventHit(event, 'id')),
      ...ofTrace.map((event) => eventHit(event, 'trace')),
    ];
    if (delivery !== null) {
      const { deliveryId: id, clientId, eventId, webhookId, eventType: type, createdAt } = delivery;
      data.push({
        ...nothing,
        kind: 'delivery',
        id,
        clientId,
        eventId,
        webhookId,
        type,
        time: createdAt.toISOString(),
      });
    }
    if (webhook !== null) {
      const { id, clientId, createdAt } = webhook;
      data.push({ ...nothing, kind: 'webhook', id, clientId, time: createdAt.toISOString() });
    }
    if (replay !== null) {
      const { id, clientId, createdAt, filter } = replay;
      const { webhookId = null } = filter;
      data.push({ ...nothing, kind: 'replay', id, clientId, webhookId, time: createdAt.toISOString() });
    }
    return { data };
  }
}

function eventHit({ eventId: id, clientId, source, eventType: type, eventKey }: EventItem, by: Hit['by']): Hit {
  const time = new Date(timeOfId(eventKey)).toISOString();
  return { ...nothing, kind: 'event', id, by, clientId, source, type, time };
}

/** Of the id itself, or of a traceparent (W3C Trace Context, section 3.2). */
function traceIdIn(text: string): string | null {
  return /^(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/.exec(text.toLowerCase())?.[1] ?? null;
}
