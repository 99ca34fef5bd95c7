/**
 * What the filters of one client may still cost for one event. A filter that needs more than is left does not match:
 * sending what it may exclude would be worse. Counted in values looked at, so that the same event ends the same each time.
 */
import { filterLimits } from './filter.ts';

/** Of these a filter is sure, whatever the other filters of its client cost. */
const ownVisits = 200;
/** Beyond their own: what all filters of a client may take together for one event. */
const clientVisitsMax = 500_000;

export class FilterBudget {
  private visits = clientVisitsMax;
  private overruns = 0;

  /** Filters that needed more than they had. */
  get over(): number {
    return this.overruns;
  }

  /** What one filter may take. */
  share(): number {
    return Math.min(filterLimits.visitsMax, ownVisits + this.visits);
  }

  /** @param left of the share; below zero: it was not enough */
  spend(share: number, left: number): void {
    if (left < 0) this.overruns += 1;
    this.visits -= Math.max(share - Math.max(left, 0) - ownVisits, 0);
  }
}
