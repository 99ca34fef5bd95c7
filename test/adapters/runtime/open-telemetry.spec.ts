/** Spans as a collector gets them. It needs no server of the stack. */
import { afterEach, expect, test } from '@jest/globals';
import { readConfig } from '../../../libs/runtime/config.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import { startTracing, type NewSpan, type SpanResult, type Tracing } from '../../../libs/runtime/tracing.ts';
import { tracingKeys } from '../../../libs/runtime/tracing-keys.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../../support/receivers/otlp-receiver.ts';
import { until } from '../../support/until.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const sampled = `00-${traceId}-00f067aa0ba902b7-01`;
const unsampled = `00-${traceId}-00f067aa0ba902b7-00`;

let receiver: OtlpReceiver | null = null;

afterEach(async () => {
  await receiver?.close();
  receiver = null;
});

async function start(endpoint: string, more: Record<string, string> = {}) {
  const counts: Record<SpanResult, number> = { exported: 0, failed: 0, dropped: 0 };
  const lines: string[] = [];
  const say = (_fields: object, message: string) => lines.push(message);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '20', ...more };
  const tracing = await startTracing({
    app: 'test',
    config: readConfig(tracingKeys, env),
    env,
    logger: { info: say, warn: say } as unknown as Logger,
    onSpans: (result, count) => {
      counts[result] += count;
    },
  });
  if (tracing === null) throw new Error('tracing is off');
  return { tracing, counts, lines };
}

function newSpan(parent: string | null): NewSpan {
  return { name: 'work', kind: 'consumer', parent, attributes: { 'webhook.attempt': 1, 'webhook.reason': undefined } };
}

function end({ tracer }: Tracing, count: number): void {
  for (let made = 0; made < count; made += 1) tracer.start(newSpan(sampled)).end({}, null);
}

test('a span comes with its parent, its service, what was said at its end, and what was wrong', async () => {
  receiver = await startOtlpReceiver();
  const { spans } = receiver;
  const { tracing, counts } = await start(`${receiver.url}/`, { OTEL_SERVICE_NAME: 'shop' });
  const outer = tracing.tracer.start(newSpan(sampled));
  tracing.tracer.start(newSpan(outer.traceparent)).end({ 'http.response.status_code': 503 }, '503');
  outer.end({}, null);
  await until(() => counts.exported === 2, { timeoutMs: 5_000 });
  const [, outerId] = /^00-4bf92f3577b34da6a3ce929d0e0e4736-([0-9a-f]{16})-01$/.exec(outer.traceparent) ?? [];
  expect(spans).toMatchObject([
    {
      service: 'shop-test',
      name: 'work',
      kind: 5,
      traceId,
      parentSpanId: outerId,
      isError: true,
      attributes: { 'webhook.attempt': 1, 'http.response.status_code': 503, 'error.type': '503' },
    },
    { traceId, spanId: outerId, parentSpanId: '00f067aa0ba902b7', isError: false },
  ]);
  expect(spans[0]?.attributes).not.toHaveProperty(['webhook.reason']);
  await tracing.stop(1_000);
});

test.each([
  ['parentbased_always_on', '1', sampled, true],
  ['parentbased_always_on', '1', unsampled, false],
  ['parentbased_always_on', '1', null, true],
  ['parentbased_traceidratio', '0', null, false],
  ['parentbased_traceidratio', '0', sampled, true],
  ['traceidratio', '0', sampled, false],
  ['always_on', '1', unsampled, true],
  ['parentbased_always_off', '1', null, false],
  ['always_off', '1', sampled, false],
])('%s %s with the parent %s keeps it: %s', async (sampler, ratio, parent, isKept) => {
  const { tracing } = await start('http://127.0.0.1:9', {
    OTEL_TRACES_SAMPLER: sampler,
    OTEL_TRACES_SAMPLER_ARG: ratio,
  });
  const span = tracing.tracer.start(newSpan(parent));
  expect(span.isSampled).toBe(isKept);
  expect(span.traceparent).toMatch(isKept ? /-01$/ : /-00$/);
  await tracing.stop(0);
});

test('a stop takes what waits along', async () => {
  receiver = await startOtlpReceiver();
  const { tracing, lines } = await start(receiver.url, { OTEL_BSP_SCHEDULE_DELAY: '60000' });
  end(tracing, 300);
  await tracing.stop(5_000);
  expect(receiver.spans).toHaveLength(300);
  expect(lines).toEqual(['tracing']);
});

test('a collector that hangs holds up nobody: spans beyond the queue are dropped, and a stop ends in time', async () => {
  receiver = await startOtlpReceiver(() => false);
  const { tracing, counts, lines } = await start(receiver.url, {
    OTEL_BSP_MAX_QUEUE_SIZE: '100',
    OTEL_EXPORTER_OTLP_TIMEOUT: '400',
  });
  end(tracing, 10_000);
  // All but those on their way and those that wait.
  expect(counts.dropped).toBe(9_800);
  const stoppedAt = performance.now();
  await tracing.stop(200);
  expect(performance.now() - stoppedAt).toBeLessThan(20_000);
  expect(lines).toEqual(['tracing', 'spans are left behind']);
});
