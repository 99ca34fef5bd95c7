/** Filtered lists as a whole, streamed. */
import { Controller, Inject, StreamableFile } from '@nestjs/common';
import { exportDeliveries } from '../../libs/api-contract/deliveries.ts';
import { DeliveryView } from '../../libs/postgres/delivery-view.ts';
import type { InputOf } from './caller.ts';
import { deliveryFilterOf } from './delivery-filter.ts';
import { exportStream } from './export-stream.ts';
import { OpenPlaces } from './open-places.ts';
import { Input, Route } from './route.ts';
import { shownDelivery } from './shown.ts';

/** Each has the database busy for a part of the time. */
const exportsMax = { perKeyMax: 2, max: 10 };

@Controller()
export class ExportController {
  private readonly places = new OpenPlaces(exportsMax);

  constructor(@Inject(DeliveryView) private readonly deliveries: DeliveryView) {}

  @Route(exportDeliveries)
  export(@Input() { query, scope, caller }: InputOf<typeof exportDeliveries>): StreamableFile {
    const filter = { ...deliveryFilterOf(query), scope, clientId: query.clientId, webhookId: query.webhookId };
    const giveBack = this.places.take(caller.keyId);
    const stream = exportStream((request) => this.deliveries.list(filter, request), shownDelivery);
    stream.once('close', giveBack);
    return new StreamableFile(stream, { type: 'application/x-ndjson' });
  }
}
