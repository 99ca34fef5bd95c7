/**
 * Which clients had places for long lately. In: how long a client had one. Out: whether it had more than its part. Holds: what is
 * long ago counts less and less; memory is bounded.
 */

/** What was this long ago counts for little more than a third. */
const windowMs = 10_000;
/** In the long run: some three tenths of one place. */
const busyMs = 3_000;
const clientsMax = 10_000;

interface Spent {
  readonly ms: number;
  readonly at: number;
}

export class PlaceTime {
  private readonly now: () => number;
  /** Those that had a place last at the end. */
  private readonly spent = new Map<string, Spent>();

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.now = now;
  }

  add(client: string, ms: number): void {
    const next = { ms: this.of(client) + ms, at: this.now() };
    this.spent.delete(client);
    this.spent.set(client, next);
    const [oldest] = this.spent.keys();
    if (this.spent.size > clientsMax && oldest !== undefined) this.spent.delete(oldest);
  }

  isBusy(client: string): boolean {
    return this.of(client) > busyMs;
  }

  private of(client: string): number {
    const spent = this.spent.get(client);
    return spent === undefined ? 0 : spent.ms * Math.exp((spent.at - this.now()) / windowMs);
  }
}
