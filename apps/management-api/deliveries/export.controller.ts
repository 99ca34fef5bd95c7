/** Filtered lists as a whole, streamed. */
import type { Readable } from 'node:stream';
import { Controller, Inject, Req, StreamableFile } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { exportAudit } from '../../../libs/api-contract/audit.ts';
import { exportDeliveries } from '../../../libs/api-contract/deliveries.ts';
import { exportEvents } from '../../../libs/api-contract/events.ts';
import { AuditStore } from '../../../libs/postgres/access/audit-store.ts';
import { DeliveryView } from '../../../libs/postgres/history/delivery-view.ts';
import { EventView } from '../../../libs/postgres/history/event-view.ts';
import type { PageRequest } from '../../../libs/postgres/page.ts';
import { ownerOf, type Caller, type InputOf } from '../access/caller.ts';
import { deliveryFilterOf } from './delivery-filter.ts';
import { exportStream } from './export-stream.ts';
import { OpenExports } from './open-exports.ts';
import { Input, Route } from '../http/route.ts';
import { auditEntryResponse, deliveryResponse, eventResponse } from '../responses.ts';
import { timeRangeOf } from '../http/time-range.ts';

@Controller()
export class ExportController {
  constructor(
    @Inject(DeliveryView) private readonly deliveries: DeliveryView,
    @Inject(EventView) private readonly events: EventView,
    @Inject(AuditStore) private readonly audit: AuditStore,
    @Inject(OpenExports) private readonly open: OpenExports,
  ) {}

  @Route(exportDeliveries)
  exportDeliveries(@Input() input: InputOf<typeof exportDeliveries>, @Req() request: FastifyRequest): StreamableFile {
    const { query, scope } = input;
    const filter = { ...deliveryFilterOf(query), scope, clientId: query.clientId, webhookId: query.webhookId };
    return this.answer(input.caller, request, () =>
      exportStream((page: PageRequest<string>) => this.deliveries.list(filter, page), deliveryResponse),
    );
  }

  @Route(exportEvents)
  exportEvents(@Input() input: InputOf<typeof exportEvents>, @Req() request: FastifyRequest): StreamableFile {
    const { query, scope } = input;
    const { type: eventType, clientId, source, subject, decision } = query;
    const filter = { scope, clientId, eventType, source, subject, decision, ...timeRangeOf(query) };
    return this.answer(input.caller, request, () =>
      exportStream((page: PageRequest<string>) => this.events.list(filter, page), eventResponse),
    );
  }

  @Route(exportAudit)
  exportAudit(@Input() input: InputOf<typeof exportAudit>, @Req() request: FastifyRequest): StreamableFile {
    const { query, scope } = input;
    const filter = { scope, ...query, ...timeRangeOf(query) };
    return this.answer(input.caller, request, () =>
      exportStream((page: PageRequest<number>) => this.audit.list(filter, page), auditEntryResponse),
    );
  }

  private answer(caller: Caller, { headers }: FastifyRequest, make: () => Readable): StreamableFile {
    const stream = this.open.open({ owner: ownerOf(caller), authorization: headers.authorization }, make);
    return new StreamableFile(stream, { type: 'application/x-ndjson' });
  }
}
