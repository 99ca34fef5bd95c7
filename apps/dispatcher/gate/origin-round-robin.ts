/**
 * In: what waits for room at an origin. Out: whose turn is next.
 * Holds: origins with room take turns, and at an origin its clients do; a client's own come in their order, those that
 * are slow beside those that are not. A host that is full costs one question, however many clients wait there: asking
 * thousands of them again and again would cost more than their POSTs. Where there is room for somebody, only clients that
 * hold something there may be passed over, and those are no more than its places.
 */
import { Fifo } from '../lanes/fifo.ts';

export interface OriginVisitor {
  readonly clientId: string;
  readonly pace: string;
}

/** Of no client: it holds nothing anywhere, and whoever holds nothing has room unless the host is full. */
const nobody = '';

export interface OriginRoundRobinOptions<T> {
  /** @param clientId empty: for a client that holds nothing there */
  hasRoom(origin: string, clientId: string): boolean;
  /** It could start if its origin has room. */
  mayStart(one: T): boolean;
}

export class OriginRoundRobin<T extends OriginVisitor> {
  /** By origin, and there by client and kind. */
  private readonly origins = new Map<string, Map<string, Fifo<T>>>();
  private readonly options: OriginRoundRobinOptions<T>;

  constructor(options: OriginRoundRobinOptions<T>) {
    this.options = options;
  }

  /** Nobody waits anywhere. */
  get isEmpty(): boolean {
    return this.origins.size === 0;
  }

  wait(origin: string, one: T): void {
    let waiting = this.origins.get(origin);
    if (waiting === undefined) {
      waiting = new Map();
      this.origins.set(origin, waiting);
    }
    const key = `${one.pace} ${one.clientId}`;
    const own = waiting.get(key);
    if (own !== undefined) {
      own.push(one);
      return;
    }
    const first = new Fifo<T>();
    first.push(one);
    waiting.set(key, first);
  }

  /** Undefined when no origin that is waited for has room for whoever waits there. */
  next(): T | undefined {
    for (const [origin, waiting] of this.origins) {
      const one = this.nextAt(origin, waiting);
      if (one === undefined) continue;
      // To the end, behind the other origins.
      this.origins.delete(origin);
      if (waiting.size > 0) this.origins.set(origin, waiting);
      return one;
    }
    return undefined;
  }

  private nextAt(origin: string, waiting: Map<string, Fifo<T>>): T | undefined {
    if (!this.options.hasRoom(origin, nobody)) return undefined;
    for (const [key, own] of waiting) {
      const first = own.peek();
      if (first === undefined || !this.options.mayStart(first)) continue;
      if (!this.options.hasRoom(origin, first.clientId)) continue;
      own.shift();
      waiting.delete(key);
      if (own.length > 0) waiting.set(key, own);
      return first;
    }
    return undefined;
  }
}
