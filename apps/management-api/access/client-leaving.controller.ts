/** Clients that leave. */
import { Controller, Inject } from '@nestjs/common';
import { deleteClient, getLeaving } from '../../../libs/api-contract/client-leaving.ts';
import { ClientLeavingStore } from '../../../libs/postgres/erasing/client-leaving-store.ts';
import { whenCommitted } from '../../../libs/postgres/webhooks/held-change.ts';
import { clientKeptOnKafka, lastKept } from '../../../libs/wire/kept-on-kafka.ts';
import type { ManagementApiConfig } from '../config.ts';
import { ErasureRunner } from '../erasing/erasing-runners.ts';
import { notFound } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { CONFIG } from '../http/settings.controller.ts';
import { leavingResponse } from '../responses.ts';
import type { InputOf } from './caller.ts';

@Controller()
export class ClientLeavingController {
  constructor(
    @Inject(ClientLeavingStore) private readonly leavings: ClientLeavingStore,
    @Inject(ErasureRunner) private readonly runner: ErasureRunner,
    @Inject(CONFIG) private readonly config: ManagementApiConfig,
  ) {}

  @Route(deleteClient)
  async leave(@Input() { params, actor }: InputOf<typeof deleteClient>) {
    const now = new Date();
    const { TOPIC_PREFIX: prefix } = this.config;
    const leaving = await this.leavings.begin(params.id, lastKept(clientKeptOnKafka(prefix, now)), actor, now);
    if (leaving === null) throw notFound();
    whenCommitted(() => {
      this.runner.lookNow();
    });
    return leavingResponse(leaving, prefix);
  }

  @Route(getLeaving)
  async read(@Input() { params }: InputOf<typeof getLeaving>) {
    const leaving = await this.leavings.find(params.id);
    if (leaving === null) throw notFound();
    return leavingResponse(leaving, this.config.TOPIC_PREFIX);
  }
}
