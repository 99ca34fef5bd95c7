/**
 * All exports of this process. Holds: they are bounded in number, by client and in all; one whose reader takes nothing for
 * a minute, or whose key is good no longer, is broken off and gives its place back. What is broken off cannot be
 * taken for whole: the answer ends without the end that HTTP has for it.
 */
import type { Readable } from 'node:stream';
import type { Logger } from '../../../libs/runtime/logger.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import type { ConcurrencyQuota } from '../access/concurrency-quota.ts';
import type { Reauthorization } from '../access/reauthorization.ts';

export interface OpenExportsOptions {
  readonly places: ConcurrencyQuota;
  readonly reauthorization: Pick<Reauthorization, 'watch'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly stallMs?: number;
  readonly lookMs?: number;
  readonly now?: () => number;
}

export interface ExportCaller {
  readonly owner: string;
  readonly authorization: string | undefined;
}

/** Kernels pass on what was read in steps of up to some MiB, so a reader of less than 30 KiB a second may look like one that stopped. */
const stallMsDefault = 60_000;

export class OpenExports {
  private readonly options: Required<OpenExportsOptions>;

  constructor(options: OpenExportsOptions) {
    this.options = { stallMs: stallMsDefault, lookMs: 1_000, now: monotonicMs, ...options };
  }

  /** @throws ProblemError too_many_open */
  open({ owner, authorization }: ExportCaller, make: () => Readable): Readable {
    const { places, reauthorization, logger } = this.options;
    const giveBack = places.take(owner);
    const stream = make();
    const breakOff = (why: string) => {
      if (stream.destroyed) return;
      logger.warn({ owner }, `an export was cut off: ${why}`);
      stream.destroy(new Error(why));
    };
    const stopWatching = reauthorization.watch(authorization, () => {
      breakOff('its key is no longer valid');
    });
    const stopLooking = this.whenStalled(stream, () => {
      breakOff('its reader stopped reading');
    });
    stream.once('close', () => {
      stopWatching();
      stopLooking();
      giveBack();
    });
    return stream;
  }

  /** While the reader's connection is full, whoever writes to it pauses the stream. The database may take its time. */
  private whenStalled(stream: Readable, onStalled: () => void): () => void {
    const { stallMs, lookMs, now } = this.options;
    let pausedAt: number | null = null;
    stream.on('pause', () => (pausedAt ??= now()));
    stream.on('resume', () => (pausedAt = null));
    const timer = setInterval(() => {
      if (pausedAt !== null && now() - pausedAt >= stallMs) onStalled();
    }, lookMs);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  }
}
