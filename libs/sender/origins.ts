/**
 * Where attempts go: the URL read and judged once, and the pool of connections to its origin. Both are bounded, the
 * one used longest ago goes first; a pool that is in use stays.
 */
import { createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { AddressGuard, UrlRefusal } from './address-guard.ts';
import { TlsMaterialError } from './attempt-error.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { EgressProxy } from './egress-proxy.ts';
import { TlsSessions, type TlsSession } from './tls-sessions.ts';
import { monotonicMs } from '../runtime/monotonic.ts';

/** What a webhook brings of its own, in PEM. */
export interface TlsMaterial {
  /** Trusted in place of those that the process trusts. */
  readonly ca?: string;
  /** Client certificate; with `key`. */
  readonly cert?: string;
  readonly key?: string;
}

export interface OriginsOptions {
  readonly connectionsPerOriginMax: number;
  readonly originsMax: number;
  readonly keepAliveMs: number;
  readonly connectionAgeMsMax: number;
  readonly proxy: EgressProxy | null;
}

interface Target {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly refusal: UrlRefusal | null;
}

const targetsMax = 20_000;

/** With the CAs that the process trusts (TLS_CA), read once. */
let systemContext: SecureContext | null = null;

export class Origins {
  readonly #guard: AddressGuard;
  readonly #options: OriginsOptions;
  readonly #targets = new Map<string, Target>();
  readonly #pools = new Map<string, ConnectionPool>();
  /** By origin and TLS material: what was verified against other CAs, or for another host, says nothing. */
  readonly #sessions = new TlsSessions();
  readonly #tlsHashes = new WeakMap<TlsMaterial, string>();

  constructor(guard: AddressGuard, options: OriginsOptions) {
    this.#guard = guard;
    this.#options = options;
  }

  get connections(): number {
    let sum = 0;
    for (const pool of this.#pools.values()) sum += pool.size;
    return sum;
  }

  target(url: string): Target {
    const known = this.#targets.get(url);
    if (known !== undefined) return known;
    const target = this.#readUrl(url);
    // Starting over is cheaper than keeping an order for something read in microseconds.
    if (this.#targets.size >= targetsMax) this.#targets.clear();
    this.#targets.set(url, target);
    return target;
  }

  pool(origin: string, tls: TlsMaterial | null): ConnectionPool {
    const key = tls === null ? origin : `${origin} ${this.#hashOf(tls)}`;
    const known = this.#pools.get(key);
    if (known !== undefined) {
      // A map keeps the order of insertion: what was used last is put last.
      this.#pools.delete(key);
      this.#pools.set(key, known);
      return known;
    }
    if (this.#pools.size >= this.#options.originsMax) this.#evict();
    const pool = this.#openPool(key, origin, tls);
    this.#pools.set(key, pool);
    return pool;
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.closeIdle()));
  }

  #readUrl(url: string): Target {
    const refusal = this.#guard.checkUrl(url);
    if (refusal !== null) return { origin: '', path: '', refusal };
    const target = new URL(url);
    // The same name, and the same limits. Some servers know no host with a dot at its end, and answer 200 for nobody.
    target.hostname = target.hostname.replace(/\.$/, '');
    const { origin, pathname, search } = target;
    return { origin, path: pathname + search, refusal: null };
  }

  #openPool(key: string, origin: string, tls: TlsMaterial | null): ConnectionPool {
    let context: SecureContext | null = null;
    const target = {
      origin,
      guard: this.#guard,
      proxy: this.#options.proxy,
      keepAliveMs: this.#options.keepAliveMs,
      connectionAgeMsMax: this.#options.connectionAgeMsMax,
      hasClientCertificate: tls?.cert !== undefined,
      secureContext: () => (context ??= tls === null ? (systemContext ??= createSecureContext()) : ownContext(tls)),
      recallSession: () => this.#sessions.recall(key, { unixMs: Date.now(), monotonicMs: monotonicMs() }),
      keepSession: (session: TlsSession) => {
        this.#sessions.keep(key, session);
      },
    };
    const pool = new ConnectionPool(target, this.#options.connectionsPerOriginMax, () => {
      if (this.#pools.get(key) === pool) this.#pools.delete(key);
    });
    return pool;
  }

  #evict(): void {
    for (const [key, pool] of this.#pools) {
      if (pool.busy > 0) continue;
      this.#pools.delete(key);
      void pool.closeIdle();
      return;
    }
  }

  #hashOf(tls: TlsMaterial): string {
    const known = this.#tlsHashes.get(tls);
    if (known !== undefined) return known;
    const hash = createHash('sha256')
      .update(JSON.stringify([tls.ca, tls.cert, tls.key]))
      .digest('base64');
    this.#tlsHashes.set(tls, hash);
    return hash;
  }
}

function ownContext(tls: TlsMaterial): SecureContext {
  try {
    return createSecureContext(tls);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TlsMaterialError(`the webhook's certificate, key or CA cannot be read: ${message}`, { cause: error });
  }
}
