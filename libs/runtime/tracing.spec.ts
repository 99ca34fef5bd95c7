import { expect, jest, test } from '@jest/globals';
import { readConfig } from './config.ts';
import type { Logger } from './logger.ts';
import type { Tracing } from './tracing.ts';
import { tracingKeys } from './tracing-keys.ts';

const tracing: Tracing = {
  tracer: {
    start: () => {
      throw new Error('not asked for');
    },
  },
  stop: () => Promise.resolve(),
};
let loaded = 0;
jest.unstable_mockModule('./open-telemetry.ts', () => {
  loaded += 1;
  return { openTelemetry: () => tracing };
});
const { startTracing } = await import('./tracing.ts');

function start(env: Record<string, string>) {
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent } as unknown as Logger;
  return startTracing({ app: 'test', config: readConfig(tracingKeys, env), env, logger, onSpans: silent });
}

test('off, which it is unless it is said, nothing is loaded', async () => {
  expect(await start({})).toBeNull();
  expect(await start({ OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_TRACES_SAMPLER: 'always_on' })).toBeNull();
  expect(loaded).toBe(0);
  expect(await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' })).toBe(tracing);
  expect(loaded).toBe(1);
});

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318', /must be an address such as/],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317', /must be an address such as/],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://', /must be an address such as/],
  [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'ftp://me:hidden@collector',
    /must be an address such as .* not 'ftp:\/\/\*+@collector'/,
  ],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://me:hidden@collector', /must not hold a user or a password$/],
  ['OTEL_TRACES_SAMPLER', 'sometimes', /must be one of always_on, /],
  ['OTEL_TRACES_SAMPLER_ARG', '2', /must be a number from 0 to 1/],
])('%s=%s is refused', (name, value, problem) => {
  expect(() => readConfig(tracingKeys, { [name]: value })).toThrow(problem);
});
