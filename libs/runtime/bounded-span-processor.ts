/**
 * In: ended spans. Out: batches of them to the collector, and what became of each. Holds: no more wait than are allowed,
 * and one that finds no room is counted, not waited for; a collector that is away is told of once, not at every batch.
 */
import { ExportResultCode } from '@opentelemetry/core';
import type { BatchSpanProcessor, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { errorFields, type Logger } from './logger.ts';
import type { SpanResult } from './tracing.ts';

type EndedSpan = Parameters<SpanProcessor['onEnd']>[0];
type ExportDone = Parameters<SpanExporter['export']>[1];

export interface BoundedSpanProcessorOptions {
  readonly exporter: SpanExporter;
  readonly spansMax: number;
  /** Makes the library's own batches over the exporter that it is given. */
  readonly batches: (exporter: SpanExporter) => Pick<BatchSpanProcessor, 'onEnd' | 'forceFlush' | 'shutdown'>;
  readonly logger: Logger;
  readonly onSpans: (result: SpanResult, count: number) => void;
}

export class BoundedSpanProcessor implements SpanProcessor {
  private readonly options: BoundedSpanProcessorOptions;
  private readonly batches: ReturnType<BoundedSpanProcessorOptions['batches']>;
  private waiting = 0;
  private underWay = 0;
  private isFailing = false;

  constructor(options: BoundedSpanProcessorOptions) {
    this.options = options;
    this.batches = options.batches({
      export: (spans, done) => {
        this.send(spans, done);
      },
      shutdown: () => options.exporter.shutdown(),
    });
  }

  /** Spans that no collector has. */
  get unsent(): number {
    return this.waiting + this.underWay;
  }

  onStart(): void {
    // A span is of interest when it is whole.
  }

  onEnd(span: EndedSpan): void {
    if (this.waiting >= this.options.spansMax) {
      this.options.onSpans('dropped', 1);
      return;
    }
    this.waiting += 1;
    this.batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }

  private send(spans: EndedSpan[], done: ExportDone): void {
    this.waiting -= spans.length;
    this.underWay += spans.length;
    this.options.exporter.export(spans, (result) => {
      this.underWay -= spans.length;
      this.report(spans.length, result.code === ExportResultCode.SUCCESS ? null : (result.error ?? 'unknown'));
      done(result);
    });
  }

  private report(count: number, error: unknown): void {
    const { logger, onSpans } = this.options;
    onSpans(error === null ? 'exported' : 'failed', count);
    if (error !== null && !this.isFailing) {
      logger.warn({ ...errorFields(error), spans: count }, 'spans are not taken by the collector; deliveries go on');
    }
    if (error === null && this.isFailing) logger.info({ spans: count }, 'the collector takes spans again');
    this.isFailing = error !== null;
  }
}
