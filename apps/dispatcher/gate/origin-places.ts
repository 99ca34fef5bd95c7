/**
 * The attempts in flight at each origin. In: attempts as they start and end. Out: whether a client may have one more there.
 * Holds: the clients of an origin share its places (fair-places.ts): none has all of a host that others use too.
 */
import { FairPlaces } from './fair-places.ts';

/** Alone a client has three quarters. */
const shareOfFree = 3;
/** Origins at rest that are remembered, so that the next attempt at each makes no object. */
const restingMax = 1_000;

export class OriginPlaces {
  private readonly origins = new Map<string, FairPlaces<never>>();
  private readonly placesMax: number;

  constructor(placesMax: number) {
    this.placesMax = placesMax;
  }

  isFreeFor(origin: string, clientId: string): boolean {
    return this.origins.get(origin)?.isFreeFor(clientId) ?? true;
  }

  take(origin: string, clientId: string): void {
    let places = this.origins.get(origin);
    if (places === undefined) {
      places = new FairPlaces({ placesMax: this.placesMax, shareOfFree });
      this.origins.set(origin, places);
    }
    places.take(clientId, 0);
  }

  giveBack(origin: string, clientId: string): void {
    const places = this.origins.get(origin);
    if (places === undefined) return;
    places.giveBack(clientId, 0);
    if (places.used === 0 && this.origins.size > restingMax) this.origins.delete(origin);
  }
}
