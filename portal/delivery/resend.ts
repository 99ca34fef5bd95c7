/** Sends deliveries again, each once however often it is tried: its key stays the same until it was taken. */
import { api, dataOf, newIntention } from '../api/api.ts';

export interface ResendResult {
  readonly id: string;
  /** Null: it is on its way. */
  readonly error: unknown;
}

const atOnceMax = 4;

/** Keys of those that were not taken yet, for when it is tried again. */
export type Intentions = Map<string, string>;

/** @param onDone called after each with how many are done */
export async function resendAll(
  ids: readonly string[],
  intentions: Intentions,
  onDone: (done: number) => void,
): Promise<readonly ResendResult[]> {
  const waiting = [...ids];
  const results: ResendResult[] = [];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      results.push({ id, error: await resendOne(id, intentions) });
      onDone(results.length);
    }
  };
  await Promise.all(Array.from({ length: atOnceMax }, work));
  return results;
}

async function resendOne(id: string, intentions: Intentions): Promise<unknown> {
  const intention = intentions.get(id) ?? newIntention();
  intentions.set(id, intention);
  try {
    const params = { path: { id }, header: { 'Idempotency-Key': intention } };
    await dataOf(api.POST('/v1/deliveries/{id}/resend', { params, body: {} }));
    intentions.delete(id);
    return null;
  } catch (error) {
    return error;
  }
}
