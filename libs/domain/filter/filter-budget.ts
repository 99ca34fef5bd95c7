/**
 * What the filters of one client, and those of all clients, may still cost for one event. A filter that needs more than
 * is left does not match: sending what it may exclude would be worse. Counted in values looked at, so that the same
 * event ends the same each time.
 */
import { filterLimits } from './filter.ts';

/** Of these a filter is sure, whatever other filters cost. */
const ownVisits = 200;
/** Beyond their own: what all filters of a client may take together for one event. */
const clientVisitsMax = 500_000;
/** The same of all filters there are: what is for everyone is judged by those of every client. */
const eventVisitsMax = 5_000_000;
/**
 * A client may have taken this part of what is left. So the first few cannot take everything: with `n` clients that want
 * more than there is, each has about 1 / (n + 9) of it, and as much is left for whoever comes.
 */
const partOfLeft = 1 / 9;

/** Of all clients for one event. */
export class EventBudget {
  private readonly clients = new Map<string, FilterBudget>();
  private visits = eventVisitsMax;

  get left(): number {
    return this.visits;
  }

  ofClient(clientId: string): FilterBudget {
    let budget = this.clients.get(clientId);
    if (budget === undefined) {
      budget = new FilterBudget(this);
      this.clients.set(clientId, budget);
    }
    return budget;
  }

  take(visits: number): void {
    this.visits -= visits;
  }
}

export class FilterBudget {
  private readonly event: EventBudget;
  private taken = 0;
  private overruns = 0;

  /** @param event default: one of which nobody else takes */
  constructor(event = new EventBudget()) {
    this.event = event;
  }

  /** Filters that needed more than they had. */
  get over(): number {
    return this.overruns;
  }

  /** What one filter may take. */
  share(): number {
    const mayTake = Math.min(clientVisitsMax, Math.floor(this.event.left * partOfLeft));
    return Math.min(filterLimits.visitsMax, ownVisits + Math.max(0, mayTake - this.taken));
  }

  /** @param left of the share; below zero: it was not enough */
  spend(share: number, left: number): void {
    if (left < 0) this.overruns += 1;
    const visits = Math.max(share - Math.max(left, 0) - ownVisits, 0);
    this.taken += visits;
    this.event.take(visits);
  }
}
