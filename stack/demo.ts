/**
 * The demonstration of `npm start`, from real parts only: a webhook at a receiver on this machine, three events put on
 * Kafka as a platform service would, the signed requests that the receiver verified, one of them retried after a 503,
 * and the history that the API shows of it. The receiver stays, for events of one's own.
 */
import { join } from 'node:path';
import type { Environment } from '../libs/runtime/config.ts';
import type { ApiClient } from './api-client.ts';
import { DemoAccounts, type DemoAccount } from './demo-account.ts';
import { recentDeliveries, untilDelivered, type DeliveryDetail } from './history.ts';
import { startLocalReceiver, type LocalReceiver, type LocalRequest } from './local-receiver.ts';
import { platformEvent, produce, type PlatformEvent } from './platform-service.ts';
import { dataFolder } from './repository.ts';
import { say } from './terminal.ts';

const preferredPort = 3010;
const deliveredDeadlineMs = 30_000;

/** What of it stays. */
export interface Demonstration {
  readonly receiver: LocalReceiver;
  readonly clientId: string;
}

/** Resolves when everything was seen. @throws StackFailure when something was not, Stopped */
export async function demonstrate(env: Environment, admin: ApiClient, signal: AbortSignal): Promise<Demonstration> {
  say('\n── Demonstration ──────────────────────────────────────────────');
  const accounts = new DemoAccounts('npm start demonstration', join(dataFolder, 'demo.json'), admin);
  const kept = await accounts.kept();
  let account: DemoAccount | null = kept;
  const refuseOnce = new Set<string>();
  const receiver = await startLocalReceiver({
    preferredPort: kept?.port ?? preferredPort,
    secret: () => account?.secret ?? '',
    answer: (_headers, body) => (refuseOnce.delete(eventIdIn(body)) ? 503 : 200),
    onRequest: showRequest,
  });
  try {
    account = await (kept === null
      ? accounts.create(receiver.url, receiver.port)
      : accounts.moveTo(kept, receiver.url, receiver.port));
    const client = admin.as(account.key);
    if (kept === null) say(`1. A client with a webhook for order.* at ${receiver.url}`);
    else await showEarlier(client, receiver);
    const events = orderEvents(account.clientId);
    // The second one meets an endpoint that is down for a moment.
    const refused = events[1]?.id ?? '';
    refuseOnce.add(refused);
    const topic = await produce(env, events);
    say(`2. ${events.length} CloudEvents produced to ${topic} with a Kafka client; what the receiver got:`);
    const deliveries = [];
    for (const event of events) deliveries.push(await untilDelivered(client, event.id, deliveredDeadlineMs, signal));
    say('3. The history, from GET /v1/deliveries:');
    for (const delivery of deliveries) {
      say(`   ${delivery.id}  ${delivery.eventType.padEnd(14)} ${delivery.status}  attempts: ${delivery.attemptCount}`);
    }
    const retried = deliveries.find((delivery) => delivery.eventId === refused);
    if (retried !== undefined) showAttempts(await client.call('GET', `/v1/deliveries/${retried.id}`));
    say('───────────────────────────────────────────────────────────────');
    return { receiver, clientId: account.clientId };
  } catch (error) {
    await receiver.close();
    throw error;
  }
}

async function showEarlier(client: ApiClient, receiver: LocalReceiver): Promise<void> {
  const earlier = await recentDeliveries(client, 250);
  const count = earlier.length === 250 ? '250 or more' : String(earlier.length);
  say(`1. The client and webhook of an earlier start, now at ${receiver.url}; ${count} deliveries in its history,`);
  say(`   the last of ${earlier[0]?.createdAt ?? 'never'}`);
}

function orderEvents(clientId: string): readonly PlatformEvent[] {
  const order = `A-${Date.now().toString(36)}`;
  return [
    platformEvent('order.created', clientId, { order, total: 49.9, currency: 'EUR' }),
    platformEvent('order.paid', clientId, { order, method: 'card' }),
    platformEvent('order.shipped', clientId, { order, carrier: 'DHL' }),
  ];
}

function showRequest(request: LocalRequest): void {
  const { headers } = request;
  const verdict = request.isVerified ? 'signature verified' : 'SIGNATURE WRONG';
  const attempt = `attempt ${headers['x-deeperhub-attempt'] ?? '?'}`;
  say(`   POST ${(headers['x-deeperhub-event'] ?? '').padEnd(14)} ${attempt}, ${verdict}, answered ${request.status}`);
  say(`        webhook-signature: ${headers['webhook-signature'] ?? ''}`);
  say(`        ${request.body.length > 180 ? `${request.body.slice(0, 180)}…` : request.body}`);
}

function showAttempts(delivery: DeliveryDetail): void {
  say(`   and GET /v1/deliveries/${delivery.id}, attempt by attempt:`);
  for (const { attempt, startedAt, outcome, responseCode, latencyMs } of delivery.attempts) {
    say(
      `   attempt ${attempt}  ${startedAt}  ${outcome.padEnd(16)} HTTP ${String(responseCode)}  ${String(latencyMs)} ms`,
    );
  }
}

function eventIdIn(body: string): string {
  return (JSON.parse(body) as { id: string }).id;
}
