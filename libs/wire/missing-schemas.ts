/**
 * When to believe a registry that says it has no schema of an id. In: what it says, and when. Out: whether that is a
 * verdict. Holds: one answer never is, because a replica that lags says the same of a schema that was just registered;
 * a stream of garbage does not wait for each of its ids.
 */

/** So long it has to say so before it is believed. */
const believedAfterMs = 3_000;
/** After it was believed of one id, so long it is believed of others at once. */
const trustedForMs = 60_000;
const idsMax = 10_000;

export class MissingSchemas {
  /** When an id was first said to be missing. */
  private readonly since = new Map<number, number>();
  private believedAt = -Infinity;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** The registry said that it has no such schema. True: it is a verdict. */
  saidMissing(id: number): boolean {
    const now = this.now();
    const since = this.since.get(id);
    if (since === undefined) {
      if (this.since.size >= idsMax) this.since.clear();
      this.since.set(id, now);
    }
    const isBelieved = now - (since ?? now) >= believedAfterMs || now - this.believedAt < trustedForMs;
    if (isBelieved && since !== undefined && now - since >= believedAfterMs) this.believedAt = now;
    return isBelieved;
  }

  found(id: number): void {
    // It said of this one that it is missing, and was behind: of others it may say the same.
    if (this.since.delete(id)) this.believedAt = -Infinity;
  }
}
