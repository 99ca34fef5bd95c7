/**
 * Places that clients share. In: who takes a place and who gives it back; who waits for one. Out: whose turn is next.
 * Holds: a client may hold as much as is left for others, times a factor: all but a part while it is alone, the less the
 * more clients want places, and never all of them (dynamic thresholds, Choudhury and Hahne 1998; see buffer-budget.ts). So
 * whoever needs a place now and then finds one at once. Whoever holds the least comes first, of one client's webhooks too.
 * State is kept for clients that hold something or wait, and for some that did.
 */
import { Ranking, type Ranked } from './ranking.ts';

export interface FairPlacesOptions {
  readonly placesMax: number;
  /** A client may hold so many times what is free. 1: alone a half, of two each a third; 3: alone three quarters. */
  readonly shareOfFree: number;
  /** Bytes that all places together may hold. Default: no bound. */
  readonly bytesMax?: number;
  /** A client that holds less than this part of all need not wait for bytes, only for a place. Default: none. */
  readonly little?: number;
}

/** Who waits: of those of one client, the one with the least load comes first. */
export interface Waiting extends Ranked {
  readonly clientId: string;
}

interface Client<T extends Waiting> extends Ranked {
  readonly id: string;
  readonly waiting: Ranking<T>;
  /** Its part of all there is: of places, or of bytes, whichever is more (dominant resource, Ghodsi 2011). */
  load: number;
  places: number;
  bytes: number;
}

/** Clients at rest that are remembered, so that the next delivery of each makes no object. */
const restingMax = 1_000;

export class FairPlaces<T extends Waiting> {
  private readonly placesMax: number;
  private readonly bytesMax: number;
  private readonly shareOfFree: number;
  private readonly little: number;
  private readonly clients = new Map<string, Client<T>>();
  private readonly waiting = new Ranking<Client<T>>();
  private places = 0;
  private bytes = 0;

  constructor({ placesMax, shareOfFree, bytesMax = Infinity, little = 0 }: FairPlacesOptions) {
    this.placesMax = placesMax;
    this.shareOfFree = shareOfFree;
    this.bytesMax = bytesMax;
    this.little = little;
  }

  get used(): number {
    return this.places;
  }

  /** Clients that wait for a place. */
  get clientsWaiting(): number {
    return this.waiting.size;
  }

  /** True when this client may take one more. */
  isFreeFor(clientId: string): boolean {
    return this.mayHold(this.clients.get(clientId)?.load ?? 0);
  }

  take(clientId: string, bytes: number): void {
    const client = this.clientOf(clientId);
    client.places += 1;
    client.bytes += bytes;
    this.places += 1;
    this.bytes += bytes;
    this.weigh(client);
  }

  giveBack(clientId: string, bytes: number): void {
    const client = this.clientOf(clientId);
    client.places -= 1;
    client.bytes -= bytes;
    this.places -= 1;
    this.bytes -= bytes;
    this.weigh(client);
    this.forgetIfIdle(client);
  }

  wait(one: T): void {
    const client = this.clientOf(one.clientId);
    client.waiting.push(one);
    if (client.rank < 0) this.waiting.push(client);
  }

  /** The load of one that waits here has changed. */
  moved(one: T): void {
    this.clients.get(one.clientId)?.waiting.moved(one);
  }

  /** It waits no more. */
  leave(one: T): void {
    const client = this.clients.get(one.clientId);
    if (client === undefined) return;
    client.waiting.delete(one);
    if (client.waiting.size > 0) return;
    this.waiting.delete(client);
    this.forgetIfIdle(client);
  }

  /** Undefined when nobody waits who may have a place: if the one with the least may not, nobody may. */
  next(): T | undefined {
    const client = this.waiting.peek();
    if (client === undefined || !this.mayHold(client.load)) return undefined;
    const one = client.waiting.shift();
    if (client.waiting.size > 0) this.waiting.served(client);
    else {
      this.waiting.delete(client);
      this.forgetIfIdle(client);
    }
    return one;
  }

  private mayHold(load: number): boolean {
    const freePlaces = 1 - this.places / this.placesMax;
    const free = load < this.little ? freePlaces : Math.min(freePlaces, 1 - this.bytes / this.bytesMax);
    return load < free * this.shareOfFree;
  }

  private weigh(client: Client<T>): void {
    client.load = Math.max(client.places / this.placesMax, client.bytes / this.bytesMax);
    if (client.rank >= 0) this.waiting.moved(client);
  }

  private clientOf(id: string): Client<T> {
    const known = this.clients.get(id);
    if (known !== undefined) return known;
    const client = { id, waiting: new Ranking<T>(), load: 0, places: 0, bytes: 0, turn: 0, rank: -1 };
    this.clients.set(id, client);
    return client;
  }

  private forgetIfIdle(client: Client<T>): void {
    if (client.places > 0 || client.rank >= 0 || this.clients.size <= restingMax) return;
    this.clients.delete(client.id);
  }
}
