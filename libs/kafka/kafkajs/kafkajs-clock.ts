/**
 * The intervals of kafkajs, measured with the monotonic clock, once per process by {@link measureMonotonically}. kafkajs reads
 * them off the wall clock. One that was set back by an hour kept a throttled connection silent for an hour and let metadata
 * grow an hour old; one that was set forward failed every request under way.
 *
 * What else kafkajs asks the wall clock for is listed in test/support/clocks.spec.ts.
 */
import { createRequire } from 'node:module';
import { monotonicMs } from '../../runtime/monotonic.ts';

interface SocketRequest {
  readonly requestTimeout: number;
  send: (this: SocketRequest) => void;
  timeoutRequest(): void;
}

interface RequestQueue {
  readonly enforceRequestTimeout: boolean;
  readonly requestTimeout: number;
  readonly maxInFlightRequests: number | null | undefined;
  readonly inflight: ReadonlyMap<number, SocketRequest>;
  readonly pending: readonly SocketRequest[];
  readonly logger: { debug(message: string): void };
  /** Here: on the monotonic clock. */
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  requestTimeoutIntervalId: NodeJS.Timeout | undefined;
  isConnected(): boolean;
  destroy(): void;
  checkPendingRequests(): void;
  maybeThrottle: (this: RequestQueue, throttleMs: number | null | undefined) => void;
  canSendSocketRequestImmediately: (this: RequestQueue) => boolean;
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
  scheduleRequestTimeoutCheck: (this: RequestQueue) => void;
}

interface Metadata {
  readonly topicMetadata: readonly { readonly topic: string }[];
}

interface Pool {
  readonly metadataMaxAge: number;
  readonly metadata: Metadata | null;
  /** Null: it was said to be out of date. The rest of what it says is of the wall clock. */
  readonly metadataExpireAt: number | null;
  refreshMetadata: (this: Pool, topics: readonly string[]) => Promise<void>;
  refreshMetadataIfNecessary: (this: Pool, topics: readonly string[]) => Promise<void>;
}

const requireHere = createRequire(import.meta.url);
const { prototype: requestPrototype } = requireHere('kafkajs/src/network/requestQueue/socketRequest') as {
  prototype: SocketRequest;
};
const { prototype: queuePrototype } = requireHere('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
const { prototype: poolPrototype } = requireHere('kafkajs/src/cluster/brokerPool') as { prototype: Pool };

/** For a limit of half a minute that is soon enough, and a process has some ten connections that it wakes up for. */
const checkTimeoutsMs = 1_000;
/** When more is pending than may be under way, an answer makes room; this is for the case that none comes. */
const checkPendingMs = 10;

const sentAt = new WeakMap<SocketRequest, number>();

/** That of a connection before goes on (KIP-219 mutes a connection, but the quota is the client's); the Java client has it so. */
function throttleMonotonically(): void {
  queuePrototype.maybeThrottle = function (throttleMs) {
    if (typeof throttleMs !== 'number' || throttleMs <= 0) return;
    this.logger.debug(`Client side throttling in effect for ${throttleMs}ms`);
    this.throttledUntil = Math.max(this.throttledUntil, monotonicMs() + throttleMs);
  };
  queuePrototype.canSendSocketRequestImmediately = function () {
    const hasRoom = this.inflight.size < (this.maxInFlightRequests ?? Infinity);
    return hasRoom && this.throttledUntil <= monotonicMs();
  };
  // With nothing pending there is nothing to check: whoever pushes a request schedules the check itself. kafkajs re-arms a
  // timer of 1 ms for ever after the first answer.
  queuePrototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const throttledMs = Math.ceil(this.throttledUntil - monotonicMs());
    const check = () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    };
    this.throttleCheckTimeoutId = setTimeout(check, throttledMs > 0 ? throttledMs : checkPendingMs);
  };
}

function timeOutMonotonically(): void {
  const { send } = requestPrototype;
  requestPrototype.send = function () {
    sentAt.set(this, monotonicMs());
    send.call(this);
  };
  queuePrototype.scheduleRequestTimeoutCheck = function () {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    const check = () => {
      const now = monotonicMs();
      for (const request of this.inflight.values()) {
        if (now - (sentAt.get(request) ?? now) > request.requestTimeout) request.timeoutRequest();
      }
      if (!this.isConnected()) this.destroy();
    };
    this.requestTimeoutIntervalId = setInterval(check, Math.min(this.requestTimeout, checkTimeoutsMs));
  };
}

const learnedAt = new WeakMap<Metadata, number>();

/** Since when it is known: since the first look at it, if that came before the refresh had ended. */
function learned(metadata: Metadata): number {
  const at = learnedAt.get(metadata) ?? monotonicMs();
  learnedAt.set(metadata, at);
  return at;
}

function ageMonotonically(): void {
  const { refreshMetadata } = poolPrototype;
  poolPrototype.refreshMetadata = async function (topics) {
    try {
      await refreshMetadata.call(this, topics);
    } finally {
      if (this.metadata !== null) learned(this.metadata);
    }
  };
  poolPrototype.refreshMetadataIfNecessary = async function (topics) {
    if (!isCurrent(this, topics)) await this.refreshMetadata(topics);
  };
}

function isCurrent({ metadata, metadataExpireAt, metadataMaxAge }: Pool, topics: readonly string[]): boolean {
  if (metadata === null || metadataExpireAt === null) return false;
  if (monotonicMs() - learned(metadata) > metadataMaxAge) return false;
  return topics.every((name) => metadata.topicMetadata.some(({ topic }) => topic === name));
}

export function measureMonotonically(): void {
  throttleMonotonically();
  timeOutMonotonically();
  ageMonotonically();
}
