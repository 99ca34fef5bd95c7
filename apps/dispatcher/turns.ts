/**
 * In: what is ready, and what waits for room at an origin. Out: whose turn is next.
 * Holds: both kinds take turns, and origins with room do; within a kind, and at an origin, first come, first served.
 * Who waits at an origin is asked when an attempt there has ended: asking thousands again and again would cost more than
 * their POSTs.
 */
import { Fifo } from './fifo.ts';

export class Turns<T> {
  private readonly readyOnes = new Fifo<T>();
  private readonly atOrigin = new Map<string, Fifo<T>>();
  private readonly hasRoom: (origin: string) => boolean;
  private isTurnOfOrigins = false;

  constructor(hasRoom: (origin: string) => boolean) {
    this.hasRoom = hasRoom;
  }

  ready(one: T): void {
    this.readyOnes.push(one);
  }

  waitAt(origin: string, one: T): void {
    const waiting = this.atOrigin.get(origin) ?? new Fifo<T>();
    waiting.push(one);
    this.atOrigin.set(origin, waiting);
  }

  /** Undefined when nothing is ready and no origin that is waited for has room. */
  next(): T | undefined {
    this.isTurnOfOrigins = !this.isTurnOfOrigins;
    if (this.isTurnOfOrigins) return this.nextAtOrigin() ?? this.readyOnes.shift();
    return this.readyOnes.shift() ?? this.nextAtOrigin();
  }

  private nextAtOrigin(): T | undefined {
    for (const [origin, waiting] of this.atOrigin) {
      if (!this.hasRoom(origin)) continue;
      const one = waiting.shift();
      // To the end, behind the other origins.
      this.atOrigin.delete(origin);
      if (waiting.length > 0) this.atOrigin.set(origin, waiting);
      return one;
    }
    return undefined;
  }
}
