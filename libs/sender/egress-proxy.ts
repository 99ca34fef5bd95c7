/**
 * The proxy between this process and the endpoints. In: an address that was judged, and a port. Out: a connection to it
 * through the proxy, or why there is none. Holds: the proxy is asked for the address and never for the name, so that nobody
 * resolves it a second time; what is wrong with the proxy is told apart from what is wrong with the endpoint.
 */
import { request } from 'node:http';
import { BlockList, connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SocksClient } from 'socks';
import { monotonicMs } from '../runtime/monotonic.ts';
import type { ResolvedAddress } from './name-resolver.ts';

/** Of the proxy, or of the way to it: it says nothing of the endpoint. */
export class ProxyError extends Error {
  readonly code = 'egress_proxy';
  readonly retryable = true;
}

/** The proxy is well, and says that the endpoint cannot be reached. */
export class UnreachedError extends Error {
  readonly code = 'not_reached';
  readonly retryable = true;
}

export interface EgressProxyOptions {
  /** http, https or socks5. */
  readonly url: string;
  /** As EGRESS_PROXY_BYPASS. */
  readonly bypass: readonly string[];
}

/** Who negotiates has the deadline of its attempt; this is only beyond all of them. */
const negotiationMsMax = 120_000;
const unreachedBySocks = /(NetworkUnreachable|HostUnreachable|ConnectionRefused|TTLExpired)$/;
/** Of Squid, and of RFC 9209, section 2.3. */
const unreachedBySquid = /^ERR_(CONNECT_FAIL|DNS_FAIL|READ_TIMEOUT)\b/;
const unreachedByStatus =
  /\berror="?(destination_unavailable|destination_ip_unroutable|connection_(refused|terminated|timeout|limit_reached))/;

export class EgressProxy {
  readonly #url: URL;
  readonly #port: number;
  readonly #login: { readonly user: string; readonly password: string } | null;
  readonly #names: readonly { readonly name: string; readonly port: string }[];
  readonly #addresses = new BlockList();
  #answeredAt = -Infinity;

  constructor({ url, bypass }: EgressProxyOptions) {
    this.#url = new URL(url);
    this.#port = Number(this.#url.port) || (this.#url.protocol === 'https:' ? 443 : 80);
    const { username, password } = this.#url;
    const login = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
    this.#login = username === '' && password === '' ? null : login;
    this.#names = bypass.filter((item) => !this.#addAddress(item)).map(nameOf);
  }

  /** Whether one of the exceptions is this host, with or without a port, or a name above it. */
  isBypassed(hostname: string, port: number): boolean {
    const host = hostname.toLowerCase().replace(/\.$/, '');
    return this.#names.some(
      ({ name, port: only }) =>
        (name === '*' || host === name || host.endsWith(`.${name}`)) && (only === '' || only === String(port)),
    );
  }

  isBypassedAddress({ address, family }: ResolvedAddress): boolean {
    return this.#addresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }

  /** True when the proxy answered anybody since: then it is not the proxy that is silent. */
  hasAnsweredSince(at: number): boolean {
    return this.#answeredAt >= at;
  }

  /** Connects to the proxy itself. What is returned can be destroyed before it is connected. */
  dial(done: (error: ProxyError | null) => void): Socket {
    const host = this.#url.hostname.replace(/^\[|\]$/g, '');
    const address = { host, port: this.#port };
    const isSecure = this.#url.protocol === 'https:';
    let waiting: typeof done | null = done;
    const settle = (error: ProxyError | null) => {
      waiting?.(error);
      waiting = null;
    };
    const socket: Socket = isSecure
      ? connectTls({ ...address, servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] })
      : connect(address);
    socket.setNoDelay(true);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      settle(null);
    });
    socket.on('error', (error) => {
      settle(new ProxyError(`it cannot be reached (${codeOf(error)})`, { cause: error }));
    });
    return socket;
  }

  /** Over a connection to the proxy. @throws ProxyError, UnreachedError */
  async open(socket: Socket, { address, family }: ResolvedAddress, port: number): Promise<void> {
    try {
      if (this.#url.protocol === 'socks5:') await this.#openBySocks(socket, address, port);
      else await this.#openByConnect(socket, `${family === 6 ? `[${address}]` : address}:${port}`);
      this.#answeredAt = monotonicMs();
    } catch (error) {
      if (error instanceof UnreachedError) this.#answeredAt = monotonicMs();
      throw error;
    }
  }

  async #openByConnect(socket: Socket, authority: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<null>();
    const login = this.#login;
    const asked = request({
      method: 'CONNECT',
      path: authority,
      createConnection: () => socket,
      headers: {
        host: authority,
        ...(login === null
          ? {}
          : { 'proxy-authorization': `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` }),
      },
    });
    asked.once('connect', ({ statusCode = 0, headers }, _, head) => {
      const refusal = statusCode >= 200 && statusCode < 300 ? null : refusalOf(statusCode, headers);
      if (refusal !== null) reject(refusal);
      else {
        // What the endpoint said before it was asked.
        if (head.length > 0) socket.unshift(head);
        resolve(null);
      }
    });
    asked.on('error', (error) => {
      reject(new ProxyError(`it ended the connection without an answer (${codeOf(error)})`, { cause: error }));
    });
    asked.end();
    await promise;
  }

  async #openBySocks(socket: Socket, address: string, port: number): Promise<void> {
    const login = this.#login === null ? {} : { userId: this.#login.user, password: this.#login.password };
    try {
      await SocksClient.createConnection({
        proxy: { host: this.#url.hostname, port: this.#port, type: 5, ...login },
        command: 'connect',
        destination: { host: address, port },
        existing_socket: socket,
        timeout: negotiationMsMax,
      });
    } catch (error) {
      const { message } = error as Error;
      const unreached = unreachedBySocks.exec(message)?.[1];
      if (unreached !== undefined) throw new UnreachedError(`the proxy says ${unreached}`, { cause: error });
      throw new ProxyError(`it says: ${message}`, { cause: error });
    }
  }

  #addAddress(item: string): boolean {
    const [, address = '', bits] = /^([^/]+?)(?:\/(\d+))?$/.exec(item) ?? [];
    const family = isIP(address);
    if (family === 0) return false;
    const kind = family === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) this.#addresses.addAddress(address, kind);
    else this.#addresses.addSubnet(address, Number(bits), kind);
    return true;
  }
}

function nameOf(item: string): { readonly name: string; readonly port: string } {
  const [, name = '', port = ''] = /^\.?(.*?)(?::(\d+))?$/.exec(item.toLowerCase()) ?? [];
  return { name, port };
}

/** A gateway that answers 502 or 504 could not reach the endpoint; with 503 it says why, or means itself. */
function refusalOf(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): Error {
  const said = [headers['x-squid-error'] ?? '', headers['proxy-status'] ?? ''].map(String);
  const isUnreached =
    status === 502 ||
    status === 504 ||
    (status === 503 && (unreachedBySquid.test(said[0] ?? '') || unreachedByStatus.test(said[1] ?? '')));
  if (isUnreached) return new UnreachedError(`the proxy answers ${status}`);
  if (status === 407) return new ProxyError('it answers 407: it wants a user and a password, or others');
  return new ProxyError(`it answers ${status}`);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
