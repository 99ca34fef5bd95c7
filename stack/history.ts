/** The delivery history behind the API, as the demonstration and the smoke test read it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import { StackFailure, Stopped } from './failure.ts';
import { monotonicMs } from '../libs/runtime/monotonic.ts';

export interface DeliverySummary {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly status: string;
  readonly attemptCount: number;
  readonly createdAt: string;
}

export interface DeliveryDetail extends DeliverySummary {
  readonly attempts: readonly {
    readonly attempt: number;
    readonly trigger: string;
    readonly startedAt: string;
    readonly outcome: string;
    readonly responseCode: number | null;
    readonly responseBodySample: string | null;
    readonly latencyMs: number | null;
  }[];
}

/** Newest first. */
export async function recentDeliveries(api: ApiClient, limit: number): Promise<readonly DeliverySummary[]> {
  const { data } = await api.call<{ data: readonly DeliverySummary[] }>('GET', `/v1/deliveries?limit=${limit}`);
  return data;
}

/** Resolves with the delivery of this event when it is `delivered`. @throws StackFailure at the deadline, Stopped */
export async function untilDelivered(
  api: ApiClient,
  eventId: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<DeliverySummary> {
  const deadline = monotonicMs() + deadlineMs;
  let last = 'not in the history';
  while (monotonicMs() < deadline) {
    if (signal.aborted) throw new Stopped();
    const found = (await recentDeliveries(api, 50)).find((delivery) => delivery.eventId === eventId);
    if (found?.status === 'delivered') return found;
    if (found !== undefined) last = `${found.status} after ${found.attemptCount} attempts`;
    await pause(25);
  }
  throw new StackFailure(`Event ${eventId} was not delivered within ${deadlineMs / 1000} s (${last}): see .data/logs.`);
}
