/** Filtered lists as a whole, streamed. */
import type { Readable } from 'node:stream';
import { Controller, Inject, StreamableFile } from '@nestjs/common';
import { exportAudit } from '../../libs/api-contract/audit.ts';
import { exportDeliveries } from '../../libs/api-contract/deliveries.ts';
import { exportEvents } from '../../libs/api-contract/events.ts';
import { AuditStore } from '../../libs/postgres/audit-store.ts';
import { DeliveryView } from '../../libs/postgres/delivery-view.ts';
import { EventView } from '../../libs/postgres/event-view.ts';
import type { PageRequest } from '../../libs/postgres/page.ts';
import type { Caller, InputOf } from './caller.ts';
import { deliveryFilterOf } from './delivery-filter.ts';
import { exportStream } from './export-stream.ts';
import { OpenPlaces } from './open-places.ts';
import { Input, Route } from './route.ts';
import { shownAuditEntry, shownDelivery, shownEvent } from './shown.ts';
import { timeRangeOf } from './time-range.ts';

/** Each has the database busy for a part of the time. */
const exportsMax = { perKeyMax: 2, max: 10 };

@Controller()
export class ExportController {
  private readonly places = new OpenPlaces(exportsMax);

  constructor(
    @Inject(DeliveryView) private readonly deliveries: DeliveryView,
    @Inject(EventView) private readonly events: EventView,
    @Inject(AuditStore) private readonly audit: AuditStore,
  ) {}

  @Route(exportDeliveries)
  exportDeliveries(@Input() { query, scope, caller }: InputOf<typeof exportDeliveries>): StreamableFile {
    const filter = { ...deliveryFilterOf(query), scope, clientId: query.clientId, webhookId: query.webhookId };
    return this.answer(caller, () =>
      exportStream((page: PageRequest<string>) => this.deliveries.list(filter, page), shownDelivery),
    );
  }

  @Route(exportEvents)
  exportEvents(@Input() { query, scope, caller }: InputOf<typeof exportEvents>): StreamableFile {
    const { type: eventType, clientId } = query;
    const filter = { scope, clientId, eventType, ...timeRangeOf(query) };
    return this.answer(caller, () =>
      exportStream((page: PageRequest<string>) => this.events.list(filter, page), shownEvent),
    );
  }

  @Route(exportAudit)
  exportAudit(@Input() { query, scope, caller }: InputOf<typeof exportAudit>): StreamableFile {
    const filter = { scope, ...query, ...timeRangeOf(query) };
    return this.answer(caller, () =>
      exportStream((page: PageRequest<number>) => this.audit.list(filter, page), shownAuditEntry),
    );
  }

  private answer({ keyId }: Caller, open: () => Readable): StreamableFile {
    const giveBack = this.places.take(keyId);
    const stream = open();
    stream.once('close', giveBack);
    return new StreamableFile(stream, { type: 'application/x-ndjson' });
  }
}
