/**
 * The connections to one origin. Holds: never more than its limit; the one used last is used next, so that the rest
 * may be closed; one that is too old is not used again; an attempt that finds all of them in use waits its turn; a pool without a connection tells so and is
 * dropped, so that a hundred thousand silent endpoints cost nothing.
 */
import { Connection, type ConnectionTarget } from './connection.ts';

/** An attempt that waits for its turn. */
export interface Waiter {
  /** True when it no longer needs a connection. */
  readonly isDone: boolean;
  useConnection(connection: Connection): void;
}

export class ConnectionPool {
  readonly #target: ConnectionTarget;
  readonly #connectionsMax: number;
  readonly #onEmpty: () => void;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #waiting: Waiter[] = [];

  constructor(target: ConnectionTarget, connectionsMax: number, onEmpty: () => void) {
    this.#target = target;
    this.#connectionsMax = connectionsMax;
    this.#onEmpty = onEmpty;
  }

  get busy(): number {
    return this.#busy.size;
  }

  get size(): number {
    return this.#busy.size + this.#idle.length;
  }

  /** Gives the waiter a connection now, or when one is free. */
  take(waiter: Waiter): void {
    const kept = this.#freshIdle();
    if (kept === undefined && this.size >= this.#connectionsMax) this.#waiting.push(waiter);
    else this.#give(kept ?? this.#open(), waiter);
  }

  /** A connection in place of one that was found closed: an idle one may be just as dead. */
  replace(dead: Connection, waiter: Waiter): void {
    this.#busy.delete(dead);
    void dead.kill();
    this.#give(this.#open(), waiter);
  }

  /** Takes the connection back for the next attempt. */
  release(connection: Connection): void {
    if (connection.isAged) {
      this.discard(connection);
      return;
    }
    const next = this.#nextWaiter();
    if (next !== null) {
      next.useConnection(connection);
      return;
    }
    this.#busy.delete(connection);
    this.#idle.push(connection);
  }

  /** Ends the connection: what is left on it is of no use to another attempt. */
  discard(connection: Connection): void {
    this.#busy.delete(connection);
    void connection.kill();
    const next = this.#nextWaiter();
    if (next !== null) this.#give(this.#open(), next);
    else this.#tellWhenEmpty();
  }

  /** Ends every connection that is idle. */
  async closeIdle(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((connection) => connection.kill()));
  }

  #freshIdle(): Connection | undefined {
    for (;;) {
      const kept = this.#idle.pop();
      if (kept?.isAged !== true) return kept;
      void kept.kill();
    }
  }

  #open(): Connection {
    return new Connection(this.#target, this.#closed);
  }

  #give(connection: Connection, waiter: Waiter): void {
    this.#busy.add(connection);
    waiter.useConnection(connection);
  }

  #nextWaiter(): Waiter | null {
    for (;;) {
      const waiter = this.#waiting.shift();
      if (waiter === undefined) return null;
      if (!waiter.isDone) return waiter;
    }
  }

  /** A busy connection that closes is its attempt's business; an idle one is forgotten. */
  readonly #closed = (connection: Connection): void => {
    const index = this.#idle.indexOf(connection);
    if (index < 0) return;
    this.#idle.splice(index, 1);
    void connection.kill();
    this.#tellWhenEmpty();
  };

  #tellWhenEmpty(): void {
    if (this.size === 0) this.#onEmpty();
  }
}
