/** Clients that leave. */
import { Controller, Inject } from '@nestjs/common';
import { deleteClient, getLeaving } from '../../../libs/api-contract/client-leaving.ts';
import { ClientLeavingStore } from '../../../libs/postgres/erasing/client-leaving-store.ts';
import { whenCommitted } from '../../../libs/postgres/webhooks/held-change.ts';
import { clientKeptOnKafka, lastKept } from '../../../libs/wire/kept-on-kafka.ts';
import type { ManagementApiConfig } from '../config.ts';
import { ErasureRunner } from '../erasing/step-runner.ts';
import { notFound } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { CONFIG } from '../http/settings.controller.ts';
import { shownLeaving } from '../responses.ts';
import type { InputOf } from './caller.ts';

/** Kafka deletes whole segments: a record may outlive its retention by as much as one of those is written for. */
const segmentMs = 7 * 86_400_000;

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
    const expiresAt = new Date(lastKept(clientKeptOnKafka(prefix, now)).getTime() + segmentMs);
    const leaving = await this.leavings.begin(params.id, expiresAt, actor, now);
    if (leaving === null) throw notFound();
    whenCommitted(() => {
      this.runner.lookNow();
    });
    return shownLeaving(leaving, prefix);
  }

  @Route(getLeaving)
  async read(@Input() { params }: InputOf<typeof getLeaving>) {
    const leaving = await this.leavings.find(params.id);
    if (leaving === null) throw notFound();
    return shownLeaving(leaving, this.config.TOPIC_PREFIX);
  }
}
