/**
 * Who the demonstration and the smoke test are: a client with a key and one webhook at the local receiver. Kept in the
 * data folder, so that a second start goes on with yesterday's client, webhook and history.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';

export interface DemoAccount {
  readonly clientId: string;
  /** Of role `client`. */
  readonly key: string;
  readonly webhookId: string;
  readonly secret: string;
  readonly port: number;
}

interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly isActive: boolean;
}

/** The design promises that a change of a webhook is in force for events a second later. */
const changeInForceMs = 1000;

export class DemoAccounts {
  private readonly file: string;
  private readonly admin: ApiClient;
  private readonly name: string;

  /** @param name of the client @param file where the account is kept */
  constructor(name: string, file: string, admin: ApiClient) {
    this.name = name;
    this.file = file;
    this.admin = admin;
  }

  /** The account of an earlier start; null when there is none or the system no longer knows it. */
  async kept(): Promise<DemoAccount | null> {
    if (!existsSync(this.file)) return null;
    const account = JSON.parse(readFileSync(this.file, 'utf8')) as DemoAccount;
    const webhook = await this.admin.as(account.key).find<Webhook>(`/v1/webhooks/${account.webhookId}`);
    return webhook?.isActive === true ? account : null;
  }

  /** A new client with a key and a webhook for `order.*` at this address. */
  async create(url: string, port: number): Promise<DemoAccount> {
    const client = await this.admin.call<{ id: string }>('POST', '/v1/clients', { name: this.name });
    const { key } = await this.admin.call<{ key: string }>('POST', `/v1/clients/${client.id}/api-keys`, {
      name: this.name,
      role: 'client',
    });
    const webhook = await this.admin.as(key).call<Webhook & { secret: string }>('POST', '/v1/webhooks', {
      url,
      eventTypes: ['order.*'],
      description: `${this.name}: receiver on this machine`,
      retryPolicy: { maxAttempts: 5, baseDelayMs: 1000, maxDelayMs: 10_000, backoffFactor: 2 },
    });
    await pause(changeInForceMs);
    return this.keep({ clientId: client.id, key, webhookId: webhook.id, secret: webhook.secret, port });
  }

  /** Makes the webhook point at the receiver, should that have moved. */
  async moveTo(account: DemoAccount, url: string, port: number): Promise<DemoAccount> {
    if (account.port === port) return account;
    await this.admin.as(account.key).call('PATCH', `/v1/webhooks/${account.webhookId}`, { url });
    await pause(changeInForceMs);
    return this.keep({ ...account, port });
  }

  private keep(account: DemoAccount): DemoAccount {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, `${JSON.stringify(account, null, 2)}\n`, { mode: 0o600 });
    return account;
  }
}
