/** Tenants. */
import { randomBytes } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { createClient, getClient, listClients, updateClient } from '../../../libs/api-contract/clients.ts';
import { labelsMax } from '../../../libs/domain/webhook/labels.ts';
import { objectId } from '../../../libs/domain/object-id.ts';
import { ClientStore } from '../../../libs/postgres/webhooks/client-store.ts';
import type { ManagementApiConfig } from '../config.ts';
import { retentionProblems } from '../events/retention-checks.ts';
import { CONFIG } from '../http/settings.controller.ts';
import type { InputOf } from './caller.ts';
import { pageAnswer, pageByText } from '../http/paging.ts';
import { invalid, notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { clientResponse } from '../responses.ts';

@Controller()
export class ClientsController {
  constructor(
    @Inject(ClientStore) private readonly clients: ClientStore,
    @Inject(CONFIG) private readonly config: ManagementApiConfig,
  ) {}

  private judgeRetention(body: { readonly retentionDays?: number | null }): void {
    const problems = retentionProblems(body, this.config);
    if (problems.length > 0) throw invalid(problems);
  }

  @Route(createClient)
  async create(@Input() { body, actor }: InputOf<typeof createClient>) {
    this.judgeRetention(body);
    const now = new Date();
    const id = body.id ?? objectId('client', now.getTime(), randomBytes(10));
    const { name, labels = {}, externalId = null, ...rules } = body;
    const client = await this.clients.create({ ...rules, id, name, labels, externalId }, actor, now);
    if (client === null)
      throw new ProblemError(
        'already_exists',
        `There is a client ${id} already, or one has left of which Kafka has something still.`,
      );
    return clientResponse(client);
  }

  @Route(listClients)
  async list(@Input() { query }: InputOf<typeof listClients>) {
    return pageAnswer(await this.clients.list(pageByText(query)), clientResponse);
  }

  @Route(getClient)
  async read(@Input() { params }: InputOf<typeof getClient>) {
    const client = await this.clients.find(params.id);
    if (client === null) throw notFound();
    return clientResponse(client);
  }

  @Route(updateClient)
  async update(@Input() { params, body, caller, actor, isMeant }: InputOf<typeof updateClient>) {
    const { noticeEmails: _, ...operators } = body;
    const isOperators = Object.keys(operators).length > 0;
    if (isOperators && caller.role !== 'admin') {
      throw new ProblemError('forbidden', 'A key of role client may change noticeEmails only.');
    }
    this.judgeRetention(body);
    const updated = await this.clients.update({ id: params.id, isMeant }, body, actor, new Date());
    switch (updated.kind) {
      case 'updated':
        return clientResponse(updated.client);
      case 'missing':
        throw notFound();
      case 'stale':
        throw new ProblemError('precondition_failed');
      case 'too_many_labels': {
        const message = `There would be ${updated.labels} labels: a client has ${labelsMax} at most.`;
        throw invalid([{ path: '/labels', rule: 'maxProperties', message }]);
      }
    }
  }
}
