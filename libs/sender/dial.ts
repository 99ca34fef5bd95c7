/**
 * Connects to one of the addresses of a name. The next one is tried when the one before it has failed or has not
 * answered for a moment, and none is given up for that: the first that answers is taken (RFC 8305, section 5). So a slow
 * address beside a dead one has the whole deadline, and a dead one costs a moment.
 */
import { Socket } from 'node:net';
import type { ResolvedAddress } from './name-resolver.ts';

export type Dialled = (error: Error | null, socket: Socket | null) => void;

/** From one address to the next (RFC 8305, section 8). */
const nextAfterMsMax = 250;
/** In which all of some addresses have had their beginning. */
const allBegunMs = 1000;
/** Of one name: whoever writes it says how many there are, and each is a socket for as long as the deadline. */
const addressesMax = 6;

export class Dial {
  readonly #addresses: readonly ResolvedAddress[];
  readonly #port: number;
  readonly #done: Dialled;
  readonly #sockets = new Set<Socket>();
  readonly #errors: Error[] = [];
  #begun = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param addresses one at least; of many, the first of each family */
  constructor(addresses: readonly ResolvedAddress[], port: number, done: Dialled) {
    this.#addresses = firstOfEach(addresses);
    this.#port = port;
    this.#done = done;
    this.#beginNext();
  }

  /** `done` is not called any more. */
  cancel(): void {
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    this.#begun = this.#addresses.length;
  }

  #beginNext(): void {
    clearTimeout(this.#timer);
    const next = this.#addresses[this.#begun];
    if (next === undefined) return;
    this.#begun++;
    const socket = new Socket();
    // Connecting does not look at an option of that name. The TLS connection has the same handle.
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once('connect', () => {
      this.#connected(socket);
    });
    socket.on('error', (error) => {
      this.#failed(socket, error);
    });
    socket.connect({ host: next.address, family: next.family, port: this.#port });
    if (this.#begun === this.#addresses.length) return;
    const nextAfterMs = Math.min(nextAfterMsMax, allBegunMs / this.#addresses.length);
    this.#timer = setTimeout(() => {
      this.#beginNext();
    }, nextAfterMs);
  }

  #connected(socket: Socket): void {
    if (!this.#sockets.delete(socket)) return;
    this.cancel();
    this.#done(null, socket);
  }

  #failed(socket: Socket, error: Error): void {
    // Of the one that was taken, and of those that were given up, the error is no longer ours.
    if (!this.#sockets.delete(socket)) return;
    this.#errors.push(error);
    if (this.#begun < this.#addresses.length) this.#beginNext();
    else if (this.#sockets.size === 0) {
      const [only] = this.#errors;
      this.#done(this.#errors.length === 1 && only !== undefined ? only : new AggregateError(this.#errors), null);
    }
  }
}

/** As many of each family as of the other, where there are so many, in the order in which they came. */
export function firstOfEach(addresses: readonly ResolvedAddress[]): readonly ResolvedAddress[] {
  if (addresses.length <= addressesMax) return addresses;
  const [four, six] = [4, 6].map((family) => addresses.filter((address) => address.family === family).length);
  const half = addressesMax / 2;
  const room = { 4: addressesMax - Math.min(half, six ?? 0), 6: addressesMax - Math.min(half, four ?? 0) };
  return addresses.filter(({ family }) => room[family]-- > 0);
}
