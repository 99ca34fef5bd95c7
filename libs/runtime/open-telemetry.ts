/**
 * Tracing by OpenTelemetry's SDK, exported as OTLP over HTTP in JSON. Loaded by `startTracing` alone, and only when it is
 * on. Holds: nothing global is set and nothing is instrumented behind anybody's back; no context is kept but the
 * traceparent that travels; exporting is beside the work, and never before it.
 */
import { ROOT_CONTEXT, SpanKind as Kind, SpanStatusCode, trace, type Tracer as SdkTracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { errorFields } from './logger.ts';
import { maskedUrl } from './masked-value.ts';
import { BoundedSpanProcessor } from './bounded-span-processor.ts';
import type { NewSpan, Span, SpanAttributes, Tracer, Tracing, TracingOptions } from './tracing.ts';

/** As the specification has them, but exports are smaller and sooner: making the JSON of one holds up nothing long. */
const defaults = {
  OTEL_BSP_MAX_QUEUE_SIZE: 2_048,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 128,
  OTEL_BSP_SCHEDULE_DELAY: 1_000,
  OTEL_EXPORTER_OTLP_TIMEOUT: 10_000,
};
/** What comes from outside into an attribute is an id or a name, and those are bounded elsewhere too. */
const attributeCharactersMax = 512;
const kinds = { server: Kind.SERVER, consumer: Kind.CONSUMER, client: Kind.CLIENT, internal: Kind.INTERNAL } as const;

export function openTelemetry({ app, config, env, logger, onSpans }: TracingOptions, endpoint: string): Tracing {
  const setting = (name: keyof typeof defaults) => positive(env[name]) ?? defaults[name];
  const spansMax = setting('OTEL_BSP_MAX_QUEUE_SIZE');
  const url = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const outlet = new BoundedSpanProcessor({
    exporter: new OTLPTraceExporter({ url, timeoutMillis: setting('OTEL_EXPORTER_OTLP_TIMEOUT') }),
    spansMax,
    batches: (exporter) =>
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: spansMax,
        maxExportBatchSize: Math.min(setting('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'), spansMax),
        scheduledDelayMillis: setting('OTEL_BSP_SCHEDULE_DELAY'),
      }),
    logger,
    onSpans,
  });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
      .merge(
        resourceFromAttributes({ 'service.name': `${config.OTEL_SERVICE_NAME}-${app}`, 'process.pid': process.pid }),
      ),
    sampler: samplerOf(config),
    spanLimits: { attributeValueLengthLimit: attributeCharactersMax },
    spanProcessors: [outlet],
  });
  logger.info({ endpoint: maskedUrl(url, '/v1/traces'), sampler: config.OTEL_TRACES_SAMPLER }, 'tracing');
  return {
    tracer: new OpenTelemetryTracer(provider.getTracer('deeperhub-webhooks')),
    stop: async (withinMs) => {
      const problem = await within(withinMs, provider.shutdown());
      if (problem !== null) logger.warn({ ...problem, spans: outlet.unsent }, 'spans are left behind');
    },
  };
}

class OpenTelemetryTracer implements Tracer {
  private readonly tracer: SdkTracer;

  constructor(tracer: SdkTracer) {
    this.tracer = tracer;
  }

  start({ name, kind, parent, attributes, startedAt }: NewSpan): Span {
    const context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remoteContext(parent));
    const options = { kind: kinds[kind], attributes, ...(startedAt === undefined ? {} : { startTime: startedAt }) };
    const span = this.tracer.startSpan(name, options, context);
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
      isSampled: span.isRecording(),
      end: (more: SpanAttributes, problem: string | null, endedAt?: number) => {
        span.setAttributes(more);
        if (problem !== null) {
          span.setAttribute('error.type', problem);
          span.setStatus({ code: SpanStatusCode.ERROR, message: problem });
        }
        span.end(endedAt);
      },
    };
  }
}

function remoteContext(traceparent: string) {
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53, 55), 16),
    isRemote: true,
  };
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: TracingOptions['config']): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

/** As the specification asks, a number that is none counts as not set. */
function positive(text: string | undefined): number | null {
  const number = Number(text ?? '');
  return Number.isInteger(number) && number > 0 ? number : null;
}

/** Null when it went well in time, else what was in the way. */
async function within(ms: number, work: Promise<unknown>): Promise<Readonly<Record<string, unknown>> | null> {
  const { promise: late, resolve } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  const timer = setTimeout(() => {
    resolve({ error: `not done within ${ms} ms` });
  }, ms);
  try {
    return await Promise.race([work.then(() => null, errorFields), late]);
  } finally {
    clearTimeout(timer);
  }
}
