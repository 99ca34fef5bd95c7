/** Waits until deliveries have settled, by asking again and again. */
import { setTimeout as pause } from 'node:timers/promises';
import { dataOf, type ApiClient, type ApiSchemas } from '../libs/api-client/api-client.ts';
import { ApiProblem } from '../libs/api-client/api-problem.ts';
import { CliFailure } from './failure.ts';
import { monotonicMs } from '../libs/runtime/monotonic.ts';

export interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const everyMs = 250;

/** @throws CliFailure refused when `found` gives nothing in time */
export async function untilFound<T>(
  what: string,
  { timeoutMs, signal }: Patience,
  find: () => Promise<T | null>,
): Promise<T> {
  const deadline = monotonicMs() + timeoutMs;
  for (;;) {
    const found = await find();
    if (found !== null) return found;
    if (monotonicMs() >= deadline) throw new CliFailure('refused', `After ${timeoutMs / 1000} s, ${what}.`);
    await pause(everyMs, undefined, { signal });
  }
}

/** Null while it is not known: history follows what happens by a moment. */
export async function whenKnown<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

type Delivery = ApiSchemas['DeliveryDetail'];

/** The delivery, once it has settled with more attempts than it had. */
export function untilSettled(
  api: ApiClient,
  id: string,
  attemptsBefore: number,
  patience: Patience,
): Promise<Delivery> {
  return untilFound(`delivery ${id} has not settled: see deliveries show ${id}`, patience, async () => {
    const delivery = await whenKnown(dataOf(api.GET('/v1/deliveries/{id}', { params: { path: { id } } })));
    return delivery !== null && isSettled(delivery.status) && delivery.attempts.length > attemptsBefore
      ? delivery
      : null;
  });
}

export function isSettled(status: Delivery['status']): boolean {
  return status === 'delivered' || status === 'failed_permanent';
}

/** @throws CliFailure refused when one of them was not delivered */
export function refuseUndelivered(deliveries: readonly Pick<Delivery, 'id' | 'status' | 'reason'>[]): void {
  const failed = deliveries.filter(({ status }) => status !== 'delivered');
  if (failed.length === 0) return;
  const shown = failed.map(({ id, status, reason }) => `${id} (${reason ?? status})`).join(', ');
  throw new CliFailure('refused', `Not delivered: ${shown}. See deliveries show.`);
}

export const waitOptions = {
  wait: { takes: null, text: 'waits until it has settled, and fails when it was not delivered' },
  timeout: { takes: 'SECONDS', text: 'waits at most this long (30)' },
} as const;

export const timeoutDefaultS = 30;
export const timeoutRangeS = { min: 1, max: 86_400 } as const;
