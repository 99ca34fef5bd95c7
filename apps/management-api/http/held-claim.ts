/**
 * A claim whose work is in doubt. In: when the work is settled. Out: the claim stays claimed until then, then it says what
 * came of it. Holds: a second request cannot begin what may still happen.
 */
import { within } from '../../../libs/kafka/within.ts';

export interface Claim {
  /** The claim goes on: whoever claims it would else take it for abandoned. */
  renew(): Promise<void>;
  taken(): Promise<unknown>;
  notTaken(): Promise<unknown>;
}

/** Claims count as abandoned after half a minute. */
const renewMs = 10_000;

/** Never rejects: what the database does not take now leaves a claim that is abandoned later. */
export async function heldUntilSettled(settled: Promise<void>, claim: Claim, everyMs = renewMs): Promise<void> {
  const isTaken = settled.then(
    () => true,
    () => false,
  );
  while (!(await within(everyMs, isTaken))) await claim.renew().catch(() => undefined);
  await ((await isTaken) ? claim.taken() : claim.notTaken()).catch(() => undefined);
}
