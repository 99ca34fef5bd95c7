/**
 * How long the outbox is left alone while no notice of a change comes. In: whether notices come. Out: milliseconds.
 * Holds: while it is not known that they get through, which a pooler may see to, it is looked at often; once one did, seldom; and often again
 * from the first change on that came without.
 */
const deafMs = 250;
const hearingMs = 1_000;

export class LookPace {
  private hears = false;

  get waitMs(): number {
    return this.hears ? hearingMs : deafMs;
  }

  heard(): void {
    this.hears = true;
  }

  /** There was a change without a notice, or the connection is gone over which they come. */
  missed(): void {
    this.hears = false;
  }
}
