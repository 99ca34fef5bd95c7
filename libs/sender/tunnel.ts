/**
 * Connects to one of the addresses of a name through the proxy. The next address is asked for when the proxy says that the
 * one before could not be reached; a proxy that is in trouble itself is not asked again.
 */
import type { Socket } from 'node:net';
import { firstOfEach, type Dialled } from './dial.ts';
import { UnreachedError, type EgressProxy } from './egress-proxy.ts';
import type { ResolvedAddress } from './name-resolver.ts';

export interface TunnelSteps {
  /** The proxy was reached, and is asked for the endpoint. */
  readonly onAsked: () => void;
  readonly done: Dialled;
}

export class Tunnel {
  readonly #proxy: EgressProxy;
  readonly #port: number;
  readonly #steps: TunnelSteps;
  readonly #left: ResolvedAddress[];
  #socket: Socket | null = null;
  #isCancelled = false;

  /** @param addresses one at least */
  constructor(proxy: EgressProxy, addresses: readonly ResolvedAddress[], port: number, steps: TunnelSteps) {
    this.#proxy = proxy;
    this.#port = port;
    this.#steps = steps;
    this.#left = [...firstOfEach(addresses)];
    this.#next(null);
  }

  /** `done` is not called any more. */
  cancel(): void {
    this.#isCancelled = true;
    this.#socket?.destroy();
  }

  #next(before: Error | null): void {
    const address = this.#left.shift();
    if (address === undefined) {
      this.#steps.done(before, null);
      return;
    }
    const socket = this.#proxy.dial((error) => {
      if (this.#isCancelled) return;
      if (error !== null) this.#failed(socket, error);
      else void this.#ask(socket, address);
    });
    this.#socket = socket;
  }

  async #ask(socket: Socket, address: ResolvedAddress): Promise<void> {
    this.#steps.onAsked();
    try {
      await this.#proxy.open(socket, address, this.#port);
    } catch (error) {
      if (!this.#isCancelled) this.#failed(socket, error as Error);
      return;
    }
    if (!this.#isCancelled) this.#steps.done(null, socket);
  }

  #failed(socket: Socket, error: Error): void {
    socket.destroy();
    if (error instanceof UnreachedError) this.#next(error);
    else this.#steps.done(error, null);
  }
}
