/**
 * One connection to an origin, dialled when first needed and kept alive between attempts, up to an age: what name
 * servers say by then is followed under steady traffic too. It carries one attempt at a time. Killing it ends whatever
 * it does: resolving, connecting, the handshake, an unfinished answer.
 */
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { Client, type buildConnector, type Dispatcher } from 'undici';
import { monotonicMs } from '../runtime/monotonic.ts';
import type { AddressGuard } from './address-guard.ts';
import type { ConnectionPhase } from './attempt-error.ts';
import { Dial, type Dialled } from './dial.ts';
import type { EgressProxy } from './egress-proxy.ts';
import { followAnswers, type AnswerStart } from './interim-answers.ts';
import type { ResolvedAddress } from './name-resolver.ts';
import { Tunnel } from './tunnel.ts';
import { identityCheck, termOf, type SessionTerm, type TlsSession } from './tls-sessions.ts';

/** What all connections of an origin share. */
export interface ConnectionTarget {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly guard: AddressGuard;
  /** Between here and the endpoint; null: none. */
  readonly proxy: EgressProxy | null;
  readonly keepAliveMs: number;
  /** Older ones carry no further attempt. */
  readonly connectionAgeMsMax: number;
  /** Made once: reading PEM costs more than a connection. @throws TlsMaterialError */
  readonly secureContext: () => SecureContext;
  /** A client certificate can be shown. */
  readonly hasClientCertificate: boolean;
  /** The newest TLS session, so that the next handshake is short; it outlives the connections. */
  readonly recallSession: () => TlsSession | undefined;
  readonly keepSession: (session: TlsSession) => void;
}

/** Endpoints that write large cookies or policies are read all the same. */
const headersBytesMax = 65_536;
/** A connection that ends so soon after its handshake, without a byte, was refused and not lost. */
const refusedAfterMsMax = 500;

export class Connection {
  readonly #target: ConnectionTarget;
  readonly #client: Client;
  /** Before it is connected. */
  #dial: Dial | Tunnel | null = null;
  #socket: Socket | null = null;
  #phase: ConnectionPhase = 'resolving';
  #askedAt = Infinity;
  #answers = 0;
  #isKilled = false;
  #openedAt = Infinity;
  #until = Infinity;
  #answerStart: AnswerStart | null = null;

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
    // Where the proxy answers nobody meanwhile, it is as likely the proxy that is silent.
    const isSilent = this.#phase === 'tunnel' && this.#target.proxy?.hasAnsweredSince(this.#askedAt) === false;
    return isSilent ? 'proxy' : this.#phase;
  }

  /** True when the connection has brought an answer before: its other end may have gone since. */
  get isReused(): boolean {
    return this.#answers > 0;
  }

  /** Not to be used for another attempt. */
  get isAged(): boolean {
    return monotonicMs() >= this.#until;
  }

  /** The first bytes of the answer that is being read, as they came; null before there are any. */
  get answerStart(): Buffer | null {
    return this.#answerStart?.bytes ?? null;
  }

  /**
   * True when it ended as connections end of an endpoint that wants a client certificate: with TLS 1.3 it can say so only after the
   * handshake, and some just close.
   */
  get mayWantCertificate(): boolean {
    if (this.#target.hasClientCertificate || this.isReused || !this.#target.origin.startsWith('https:')) return false;
    return monotonicMs() - this.#openedAt < refusedAfterMsMax;
  }

  /** The answer of the attempt was read to its end. */
  answered(): void {
    this.#answers++;
    this.#answerStart?.forget();
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#answerStart?.expect();
    this.#client.dispatch(options, handler);
  }

  /** Ends the connection at once; it must not be used again. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    // While it connects, the client does not know the socket yet and would leave it to go on.
    this.#dial?.cancel();
    this.#socket?.destroy();
    await this.#client.destroy();
  }

  readonly #connect: buildConnector.connector = (options, callback) => {
    this.#answers = 0;
    this.#openedAt = Infinity;
    const { hostname } = options;
    const isHttps = options.protocol === 'https:';
    const port = Number(options.port) || (isHttps ? 443 : 80);
    const dial = (addresses: readonly ResolvedAddress[]): void => {
      if (this.#isKilled) return;
      this.#dial = this.#reach(hostname, addresses, port, (error, socket) => {
        this.#dial = null;
        if (socket === null) callback(error ?? new Error('no connection'), null);
        else if (isHttps) this.#secure(socket, hostname, callback);
        else this.#open(socket, callback);
      });
    };
    const family = isIP(hostname);
    if (family === 4 || family === 6) {
      try {
        this.#target.guard.assertLiteral(hostname);
      } catch (error) {
        callback(error as Error, null);
        return;
      }
      dial([{ address: hostname, family }]);
      return;
    }
    this.#phase = 'resolving';
    this.#target.guard.lookup(hostname, { all: true }, (error, found) => {
      if (error !== null) callback(error, null);
      else dial(found as ResolvedAddress[]);
    });
  };

  /** All of them were judged. What is an exception of the proxy is called without it. */
  #reach(hostname: string, addresses: readonly ResolvedAddress[], port: number, done: Dialled): Dial | Tunnel {
    const { proxy } = this.#target;
    const direct =
      proxy === null || proxy.isBypassed(hostname, port)
        ? addresses
        : addresses.filter((address) => proxy.isBypassedAddress(address));
    if (proxy === null || direct.length > 0) {
      this.#phase = 'connecting';
      return new Dial(direct, port, done);
    }
    this.#phase = 'proxy';
    const onAsked = (): void => {
      this.#phase = 'tunnel';
      this.#askedAt = monotonicMs();
    };
    return new Tunnel(proxy, addresses, port, { onAsked, done });
  }

  #secure(connected: Socket, hostname: string, callback: buildConnector.Callback): void {
    this.#phase = 'handshake';
    const recalled = this.#target.recallSession();
    let term: SessionTerm | null = null;
    let socket: ReturnType<typeof connectTls>;
    try {
      socket = connectTls({
        socket: connected,
        host: hostname,
        // An address is no server name (RFC 6066, section 3), and the name has no trailing dot.
        servername: isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : '',
        secureContext: this.#target.secureContext(),
        ...(recalled === undefined ? {} : { session: recalled.bytes }),
        ALPNProtocols: ['http/1.1'],
        checkServerIdentity: identityCheck((certificate) => {
          term = termOf(certificate, monotonicMs());
        }),
      });
    } catch (error) {
      connected.destroy();
      callback(error as Error, null);
      return;
    }
    this.#socket = socket;
    let waiting: buildConnector.Callback | null = callback;
    socket.once('secureConnect', () => {
      if (waiting !== null) this.#open(socket, waiting);
      waiting = null;
    });
    socket.on('error', (error: Error) => {
      waiting?.(error, null);
      waiting = null;
    });
    socket.on('session', (bytes) => {
      // Of a resumed connection nobody has verified more than of the one before it.
      const known = socket.isSessionReused() ? recalled?.term : term;
      if (known !== undefined && known !== null) this.#target.keepSession({ bytes, term: known });
    });
  }

  #open(socket: Socket, callback: buildConnector.Callback): void {
    this.#socket = socket;
    this.#phase = 'open';
    this.#openedAt = monotonicMs();
    // Not all at the same moment, though all were opened by the same burst.
    this.#until = this.#openedAt + this.#target.connectionAgeMsMax * (1 - Math.random() / 4);
    this.#answerStart = followAnswers(socket);
    callback(null, socket);
  }
}
