/**
 * Spans as every app speaks of them, and the switch. Off, there is no tracer: a caller asks `tracer?.start(…)`, which
 * makes nothing and asks nobody, and the library that would make spans is not loaded.
 */
import type { ConfigOf } from './config.ts';
import type { Logger } from './logger.ts';
import type { tracingKeys } from './tracing-keys.ts';

export type SpanKind = 'server' | 'consumer' | 'client' | 'internal';

/** Names follow OpenTelemetry's semantic conventions; what they have no name for begins with `webhook.`. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface NewSpan {
  readonly name: string;
  readonly kind: SpanKind;
  /** W3C traceparent of what caused it, well formed; null: it begins a trace. */
  readonly parent: string | null;
  readonly attributes: SpanAttributes;
  /** Unix milliseconds. Default: now */
  readonly startedAt?: number;
}

export interface Span {
  /** W3C traceparent for what it causes. */
  readonly traceparent: string;
  /** False when the sampler leaves its trace out: then nothing is kept of it. */
  readonly isSampled: boolean;
  /**
   * @param problem what went wrong, in a word out of few; null: nothing
   * @param endedAt Unix milliseconds. Default: now
   */
  end(attributes: SpanAttributes, problem: string | null, endedAt?: number): void;
}

export interface Tracer {
  start(span: NewSpan): Span;
}

/** What became of a span of a sampled trace: `dropped` found the queue full, `failed` was not taken by the collector. */
export type SpanResult = 'exported' | 'failed' | 'dropped';

export interface TracingOptions {
  readonly app: string;
  readonly config: ConfigOf<typeof tracingKeys>;
  /** Other variables of the OpenTelemetry specification. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly onSpans: (result: SpanResult, count: number) => void;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Exports what waits, for at most so long. Never rejects. */
  stop(withinMs: number): Promise<void>;
}

/** Null when OTEL_EXPORTER_OTLP_ENDPOINT is empty. */
export async function startTracing(options: TracingOptions): Promise<Tracing | null> {
  if (options.config.OTEL_EXPORTER_OTLP_ENDPOINT === null) return null;
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry(options, options.config.OTEL_EXPORTER_OTLP_ENDPOINT);
}
