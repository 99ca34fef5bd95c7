/**
 * One connection to an origin, dialled when first needed and kept alive between attempts. It carries one attempt at a
 * time. Killing it ends whatever it does: resolving, connecting, the handshake, an unfinished answer.
 */
import { isIP, Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { Client, type buildConnector, type Dispatcher } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import type { ConnectionPhase } from './attempt-error.ts';
import { skipContinue } from './interim-answers.ts';

/** What all connections of an origin share. */
export interface ConnectionTarget {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly guard: AddressGuard;
  readonly keepAliveMs: number;
  /** Made once: reading PEM costs more than a connection. @throws TlsMaterialError */
  readonly secureContext: () => SecureContext;
  /** The newest TLS session, so that the next handshake is short; it outlives the connections. */
  readonly recallSession: () => Buffer | undefined;
  readonly keepSession: (session: Buffer) => void;
}

const headersBytesMax = 16_384;

export class Connection {
  readonly #target: ConnectionTarget;
  readonly #client: Client;
  #socket: Socket | null = null;
  #phase: ConnectionPhase = 'resolving';
  #answers = 0;
  #expectAnswer: (() => void) | null = null;

  /** `onClosed` is called when the connection is lost, whoever closed it. */
  constructor(target: ConnectionTarget, onClosed: (connection: Connection) => void) {
    this.#target = target;
    this.#client = new Client(target.origin, {
      connect: this.#connect,
      // The attempt has one deadline over everything; undici's own timers would only cost.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: target.keepAliveMs,
      keepAliveMaxTimeout: target.keepAliveMs,
      maxHeaderSize: headersBytesMax,
      pipelining: 1,
      allowH2: false,
    });
    this.#client.on('disconnect', () => {
      onClosed(this);
    });
  }

  get phase(): ConnectionPhase {
    return this.#phase;
  }

  /** True when the connection has brought an answer before: its other end may have gone since. */
  get isReused(): boolean {
    return this.#answers > 0;
  }

  /** The answer of the attempt was read to its end. */
  answered(): void {
    this.#answers++;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#expectAnswer?.();
    this.#client.dispatch(options, handler);
  }

  /** Ends the connection at once; it must not be used again. */
  async kill(): Promise<void> {
    // While it connects, the client does not know the socket yet and would leave it to go on.
    this.#socket?.destroy();
    await this.#client.destroy();
  }

  readonly #connect: buildConnector.connector = (options, callback) => {
    this.#answers = 0;
    const { hostname } = options;
    this.#phase = isIP(hostname) === 0 ? 'resolving' : 'connecting';
    try {
      this.#target.guard.assertLiteral(hostname);
      const socket = options.protocol === 'https:' ? this.#dialTls(options) : this.#dial(options);
      this.#socket = socket;
      this.#expectAnswer = skipContinue(socket);
      let waiting: buildConnector.Callback | null = callback;
      socket.once(options.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        this.#phase = 'open';
        waiting?.(null, socket);
        waiting = null;
      });
      socket.on('error', (error) => {
        waiting?.(error, null);
        waiting = null;
      });
    } catch (error) {
      callback(error as Error, null);
    }
  };

  #dial(options: buildConnector.Options): Socket {
    return new Socket().connect({
      host: options.hostname,
      port: Number(options.port) || 80,
      noDelay: true,
      lookup: this.#lookup,
    });
  }

  #dialTls(options: buildConnector.Options): Socket {
    const { hostname } = options;
    const session = this.#target.recallSession();
    const socket = connectTls({
      host: hostname,
      port: Number(options.port) || 443,
      // An address is no server name (RFC 6066, section 3), and the name has no trailing dot.
      servername: isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : '',
      secureContext: this.#target.secureContext(),
      ...(session === undefined ? {} : { session }),
      ALPNProtocols: ['http/1.1'],
      lookup: this.#lookup,
    });
    socket.setNoDelay(true);
    socket.once('connect', () => {
      this.#phase = 'handshake';
    });
    socket.on('session', this.#target.keepSession);
    return socket;
  }

  readonly #lookup: AddressGuard['lookup'] = (hostname, options, callback) => {
    this.#target.guard.lookup(hostname, options, (...found) => {
      if (found[0] === null) this.#phase = 'connecting';
      callback(...found);
    });
  };
}
