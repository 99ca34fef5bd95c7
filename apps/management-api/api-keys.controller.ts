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
} from '../../libs/api-contract/clients.ts';
import type { Role } from '../../libs/api-contract/operation.ts';
import type { Actor } from '../../libs/domain/actor.ts';
import { objectId } from '../../libs/domain/object-id.ts';
import { ApiKeyStore } from '../../libs/postgres/api-key-store.ts';
import { ClientStore } from '../../libs/postgres/client-store.ts';
import { hashOf } from './authentication.ts';
import type { InputOf } from './caller.ts';
import { pageAnswer, pageByText } from './paging.ts';
import { notFound } from './problem-error.ts';
import { Input, Route } from './route.ts';
import { shownApiKey } from './shown.ts';

const keyBytes = 32;
const prefixChars = 10;

@Controller()
export class ApiKeysController {
  constructor(
    @Inject(ApiKeyStore) private readonly keys: ApiKeyStore,
    @Inject(ClientStore) private readonly clients: ClientStore,
  ) {}

  @Route(createClientKey)
  createForClient(@Input() { params, body, actor }: InputOf<typeof createClientKey>) {
    return this.create({ name: body.name, role: body.role ?? 'client', clientId: params.id }, actor);
  }

  @Route(listClientKeys)
  async listOfClient(@Input() { params, query }: InputOf<typeof listClientKeys>) {
    if ((await this.clients.find(params.id)) === null) throw notFound();
    return pageAnswer(await this.keys.list(params.id, pageByText(query)), shownApiKey);
  }

  @Route(revokeClientKey)
  async revokeOfClient(@Input() { params, actor }: InputOf<typeof revokeClientKey>) {
    if (!(await this.keys.revoke(params.id, params.keyId, actor, new Date()))) throw notFound();
  }

  @Route(createOperatorKey)
  createForOperator(@Input() { body, actor }: InputOf<typeof createOperatorKey>) {
    return this.create({ ...body, clientId: null }, actor);
  }

  @Route(listOperatorKeys)
  async listOfOperators(@Input() { query }: InputOf<typeof listOperatorKeys>) {
    return pageAnswer(await this.keys.list(null, pageByText(query)), shownApiKey);
  }

  @Route(revokeOperatorKey)
  async revokeOfOperator(@Input() { params, actor }: InputOf<typeof revokeOperatorKey>) {
    if (!(await this.keys.revoke(null, params.keyId, actor, new Date()))) throw notFound();
  }

  private async create(key: { name: string; role: Role; clientId: string | null }, actor: Actor) {
    const now = new Date();
    const text = `whk_${randomBytes(keyBytes).toString('base64url')}`;
    const id = objectId('key', now.getTime(), randomBytes(10));
    const kept = { ...key, id, prefix: text.slice(0, prefixChars), hash: hashOf(text) };
    const created = await this.keys.create(kept, actor, now);
    if (created === null) throw notFound();
    return { ...shownApiKey(created), key: text };
  }
}
