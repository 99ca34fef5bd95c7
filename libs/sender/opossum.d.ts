/** The part of opossum 10 that breaker.ts uses; the package brings no types. */
declare module 'opossum' {
  import type { EventEmitter } from 'node:events';

  interface Options {
    timeout?: number | false;
    /** Milliseconds from open to half open. */
    resetTimeout?: number;
    errorThresholdPercentage?: number;
    /** Calls in the window before the percentage counts. */
    volumeThreshold?: number;
    /** Milliseconds of the window. */
    rollingCountTimeout?: number;
    rollingCountBuckets?: number;
    rollingPercentilesEnabled?: boolean;
    enableSnapshots?: boolean;
    /** Emits `rotate` when a bucket ends, in place of a timer of its own. */
    rotateBucketController?: EventEmitter;
    name?: string;
  }

  export default class CircuitBreaker<Arguments extends unknown[], Result> extends EventEmitter {
    constructor(action: (...args: Arguments) => Promise<Result>, options?: Options);
    fire(...args: Arguments): Promise<Result>;
    close(): void;
    shutdown(): void;
    readonly opened: boolean;
    readonly halfOpen: boolean;
    readonly closed: boolean;
    readonly stats: { readonly failures: number; readonly fires: number };
  }
}
