/**
 * When to believe a registry that says it has no schema of an id. In: what it says, and when. Out: whether that is a
 * verdict. Holds: one answer never is, because a replica that lags says the same of a schema that was just registered;
 * a few ids that nobody has take that from no other; a stream of garbage does not wait for each of its ids.
 */

/** So long it has to say so before it is believed. */
const believedAfterMs = 3_000;
/** So many ids are waited for in a minute. What comes beyond is a stream of garbage, of which it is believed at once. */
const waitsMax = 3;
const minuteMs = 60_000;
/** An id that nobody asked for so long is new: it may have been registered since. Longer than until it is asked for again. */
const rememberedMs = 60_000;
const idsMax = 10_000;

/** What the registry said of an id. */
interface Denied {
  readonly since: number;
  lastAt: number;
  isBelieved: boolean;
}

export class MissingSchemas {
  /** Those that were asked for last are last. */
  private readonly denied = new Map<number | string, Denied>();
  /** When ids were believed to be missing that had been waited for, the latest last. */
  private waits: number[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** The registry said that it has no such schema. True: it is a verdict. */
  saidMissing(id: number | string): boolean {
    const now = this.now();
    const denied = this.deniedBefore(id, now) ?? { since: now, lastAt: now, isBelieved: false };
    denied.lastAt = now;
    this.denied.delete(id);
    this.denied.set(id, denied);
    this.forgetOldest();
    if (denied.isBelieved) return true;
    // Only what was waited for counts, and once: an id that is asked for again and again makes nobody else believed.
    const wasWaitedFor = now - denied.since >= believedAfterMs;
    denied.isBelieved = wasWaitedFor || this.isStreamOfGarbage(now);
    if (wasWaitedFor) this.waits.push(now);
    return denied.isBelieved;
  }

  found(id: number | string): void {
    // It said of this one that it is missing, and was behind: of others it may say the same.
    if (this.denied.delete(id)) this.waits = [];
  }

  private deniedBefore(id: number | string, now: number): Denied | null {
    const denied = this.denied.get(id);
    return denied === undefined || now - denied.lastAt > rememberedMs ? null : denied;
  }

  private isStreamOfGarbage(now: number): boolean {
    this.waits = this.waits.filter((at) => now - at < minuteMs);
    return this.waits.length >= waitsMax;
  }

  private forgetOldest(): void {
    if (this.denied.size <= idsMax) return;
    const [oldest] = this.denied.keys();
    if (oldest !== undefined) this.denied.delete(oldest);
  }
}
