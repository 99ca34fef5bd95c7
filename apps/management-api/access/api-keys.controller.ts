/** Keys of the API: shown once, kept as a hash. */
import { randomBytes } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import {
  createClientKey,
  createOperatorKey,
  listClientKeys,
  listOperatorKeys,
  revokeClientKey,
  revokeOperatorKey,
} from '../../../libs/api-contract/clients.ts';
import type { Actor } from '../../../libs/domain/access/actor.ts';
import {
  capabilities as allCapabilities,
  capabilitiesOfRole,
  isWithin,
} from '../../../libs/domain/access/capabilities.ts';
import { objectId } from '../../../libs/domain/object-id.ts';
import { ApiKeyStore, type NewApiKey } from '../../../libs/postgres/access/api-key-store.ts';
import { ClientStore } from '../../../libs/postgres/webhooks/client-store.ts';
import { hashOf } from './authentication.ts';
import type { InputOf } from './caller.ts';
import { grantedCapabilities, grantedEnd } from './granted.ts';
import { pageAnswer, pageByText } from '../http/paging.ts';
import { notFound, ProblemError } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { apiKeyResponse } from '../responses.ts';

const keyBytes = 32;
const prefixChars = 10;
/** Each has a share of requests of its own. */
const ofClientMaxByItself = 100;

@Controller()
export class ApiKeysController {
  constructor(
    @Inject(ApiKeyStore) private readonly keys: ApiKeyStore,
    @Inject(ClientStore) private readonly clients: ClientStore,
  ) {}

  @Route(createClientKey)
  createForClient(@Input() { params, body, actor, caller }: InputOf<typeof createClientKey>) {
    const { name, role = 'client' } = body;
    if (role === 'publisher' && caller.role !== 'admin') {
      throw new ProblemError('forbidden', 'Only operators create keys that publish.');
    }
    const capabilities = grantedCapabilities({ capabilities: body.capabilities }, caller, capabilitiesOfRole[role]);
    const expiresAt = grantedEnd(body.expiresAt, caller, Date.now());
    const ofClientMax = caller.role === 'admin' ? null : ofClientMaxByItself;
    return this.create({ name, role, clientId: params.id, capabilities, expiresAt }, actor, ofClientMax);
  }

  @Route(listClientKeys)
  async listOfClient(@Input() { params, query }: InputOf<typeof listClientKeys>) {
    if ((await this.clients.find(params.id)) === null) throw notFound();
    return pageAnswer(await this.keys.list(params.id, pageByText(query)), apiKeyResponse);
  }

  @Route(revokeClientKey)
  async revokeOfClient(@Input() { params, actor }: InputOf<typeof revokeClientKey>) {
    if (!(await this.keys.revoke(params.id, params.keyId, actor, new Date()))) throw notFound();
  }

  @Route(createOperatorKey)
  createForOperator(@Input() { body, actor, caller }: InputOf<typeof createOperatorKey>) {
    // A key of an operator has all of its role: whoever has a part of one hands no more on.
    if (!isWithin(allCapabilities, caller.capabilities)) {
      throw new ProblemError('forbidden', 'Keys of operators are made by those who may do everything.');
    }
    const capabilities = capabilitiesOfRole[body.role];
    return this.create({ ...body, clientId: null, capabilities, expiresAt: null }, actor);
  }

  @Route(listOperatorKeys)
  async listOfOperators(@Input() { query }: InputOf<typeof listOperatorKeys>) {
    return pageAnswer(await this.keys.list(null, pageByText(query)), apiKeyResponse);
  }

  @Route(revokeOperatorKey)
  async revokeOfOperator(@Input() { params, actor }: InputOf<typeof revokeOperatorKey>) {
    if (!(await this.keys.revoke(null, params.keyId, actor, new Date()))) throw notFound();
  }

  private async create(
    key: Omit<NewApiKey, 'id' | 'prefix' | 'hash'>,
    actor: Actor,
    ofClientMax: number | null = null,
  ) {
    const now = new Date();
    const text = `whk_${randomBytes(keyBytes).toString('base64url')}`;
    const id = objectId('key', now.getTime(), randomBytes(10));
    const kept = { ...key, id, prefix: text.slice(0, prefixChars), hash: hashOf(text) };
    const created = await this.keys.create(kept, actor, now, ofClientMax);
    if (created === null) throw notFound();
    if (created === 'too_many') throw new ProblemError('too_many_keys');
    return { ...apiKeyResponse(created), key: text };
  }
}
