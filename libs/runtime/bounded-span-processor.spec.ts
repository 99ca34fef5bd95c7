import { expect, test } from '@jest/globals';
import { ExportResultCode } from '@opentelemetry/core';
import type { Logger } from './logger.ts';
import { BoundedSpanProcessor, type BoundedSpanProcessorOptions } from './bounded-span-processor.ts';

type Exporter = BoundedSpanProcessorOptions['exporter'];
type Spans = Parameters<Exporter['export']>[0];
type Done = Parameters<Exporter['export']>[1];

/** The library's batches, ended by hand. */
function setup(spansMax: number) {
  const queue: Spans = [];
  const exports: Done[] = [];
  const counts = { exported: 0, failed: 0, dropped: 0 };
  const lines: string[] = [];
  const say = (_fields: object, message: string) => lines.push(message);
  let flush: () => void = () => undefined;
  const outlet = new BoundedSpanProcessor({
    exporter: { export: (_spans, done) => exports.push(done), shutdown: () => Promise.resolve() },
    spansMax,
    batches: (exporter) => {
      flush = () => {
        exporter.export(queue.splice(0), () => undefined);
      };
      return {
        onEnd: (span) => queue.push(span),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      };
    },
    logger: { warn: say, info: say } as unknown as Logger,
    onSpans: (result, count) => (counts[result] += count),
  });
  const end = (count: number) => {
    for (let made = 0; made < count; made += 1) outlet.onEnd({} as Spans[number]);
  };
  const answer = (error?: Error) => {
    exports.shift()?.(
      error === undefined ? { code: ExportResultCode.SUCCESS } : { code: ExportResultCode.FAILED, error },
    );
  };
  return {
    outlet,
    end,
    answer,
    flush: () => {
      flush();
    },
    counts,
    lines,
  };
}

test('no more wait than may, and those that find no room are counted', () => {
  const { outlet, end, flush, answer, counts } = setup(3);
  end(5);
  expect(outlet.unsent).toBe(3);
  expect(counts.dropped).toBe(2);
  flush();
  end(4);
  expect(outlet.unsent).toBe(6);
  answer();
  expect(outlet.unsent).toBe(3);
  expect(counts).toEqual({ exported: 3, failed: 0, dropped: 3 });
});

test('a collector that is away is told of when it goes and when it comes back', () => {
  const { end, flush, answer, counts, lines } = setup(10);
  const exportOne = (error?: Error) => {
    end(1);
    flush();
    answer(error);
  };
  exportOne();
  for (let times = 0; times < 3; times += 1) exportOne(new Error('away'));
  exportOne();
  exportOne();
  expect(counts).toEqual({ exported: 3, failed: 3, dropped: 0 });
  expect(lines).toEqual(['spans are not taken by the collector; deliveries go on', 'the collector takes spans again']);
});
