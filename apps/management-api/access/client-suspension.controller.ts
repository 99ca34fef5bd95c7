/** Clients are suspended, and come back. */
import { Controller, Inject } from '@nestjs/common';
import { reactivateClient, suspendClient } from '../../../libs/api-contract/client-suspension.ts';
import type { Client } from '../../../libs/postgres/webhooks/client-store.ts';
import { whenCommitted } from '../../../libs/postgres/webhooks/held-change.ts';
import { SuspensionStore } from '../../../libs/postgres/webhooks/suspension-store.ts';
import { SuspensionRunner } from '../erasing/erasing-runners.ts';
import { notFound } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { clientResponse } from '../responses.ts';
import type { InputOf } from './caller.ts';

@Controller()
export class ClientSuspensionController {
  constructor(
    @Inject(SuspensionStore) private readonly suspensions: SuspensionStore,
    @Inject(SuspensionRunner) private readonly runner: SuspensionRunner,
  ) {}

  @Route(suspendClient)
  async suspend(@Input() { params, body, actor }: InputOf<typeof suspendClient>) {
    const reason = body.reason ?? null;
    return this.shown(await this.suspensions.suspend(params.id, reason, actor, new Date()));
  }

  @Route(reactivateClient)
  async reactivate(@Input() { params, actor }: InputOf<typeof reactivateClient>) {
    return this.shown(await this.suspensions.reactivate(params.id, actor, new Date()));
  }

  private shown(client: Client | null) {
    if (client === null) throw notFound();
    whenCommitted(() => {
      this.runner.lookNow();
    });
    return clientResponse(client);
  }
}
