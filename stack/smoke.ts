/** One event through a running system, timed: to the POST at the endpoint, and to its place in the history. */
import { join } from 'node:path';
import type { Environment } from '../libs/runtime/config.ts';
import type { ApiClient } from './api-client.ts';
import { DemoAccounts, type DemoAccount } from './demo-account.ts';
import { StackFailure, Stopped } from './failure.ts';
import { untilDelivered } from './history.ts';
import { startLocalReceiver, type LocalRequest } from './local-receiver.ts';
import { platformEvent, produce } from './platform-service.ts';
import { dataFolder } from './repository.ts';
import { monotonicMs } from '../libs/runtime/monotonic.ts';

const preferredPort = 3011;
const deadlineMs = 15_000;

export interface SmokeResult {
  /** From producing to the request's last byte. */
  readonly toPostMs: number;
  /** From producing to `delivered` behind the API. */
  readonly toHistoryMs: number;
}

/** @throws StackFailure when it does not arrive, arrives wrongly signed or does not enter the history */
export async function sendOneEvent(env: Environment, admin: ApiClient, signal: AbortSignal): Promise<SmokeResult> {
  const accounts = new DemoAccounts('npm run smoke', join(dataFolder, 'smoke.json'), admin);
  const kept = await accounts.kept();
  let account: DemoAccount | null = kept;
  const requests: LocalRequest[] = [];
  const receiver = await startLocalReceiver({
    preferredPort: kept?.port ?? preferredPort,
    secret: () => account?.secret ?? '',
    answer: () => 200,
    onRequest: (request) => requests.push(request),
  });
  try {
    account = await (kept === null
      ? accounts.create(receiver.url, receiver.port)
      : accounts.moveTo(kept, receiver.url, receiver.port));
    const event = platformEvent('order.smoke', account.clientId, { smoke: true });
    const startedAt = monotonicMs();
    await produce(env, [event]);
    await untilDelivered(admin.as(account.key), event.id, deadlineMs, signal);
    const toHistoryMs = monotonicMs() - startedAt;
    const request = requests.find(({ body }) => body.includes(event.id));
    if (request === undefined) throw signal.aborted ? new Stopped() : new StackFailure('The receiver got no request.');
    if (!request.isVerified) throw new StackFailure('The request came with a signature that does not verify.');
    return { toPostMs: request.at - startedAt, toHistoryMs };
  } finally {
    await receiver.close();
  }
}
