/** Configuration of the apps that make spans. The names are those of the OpenTelemetry specification. */
import { choiceKey, numberKey, stringKey } from './config.ts';
import { optionalHttpUrlKey } from './url-keys.ts';

export const tracingKeys = {
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalHttpUrlKey({
    description: 'Where spans go, as OTLP over HTTP in JSON, such as http://127.0.0.1:4318; empty: no tracing',
    example: 'http://127.0.0.1:4318',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optionalHttpUrlKey({
    description: 'The whole address instead of the one below the endpoint; empty: /v1/traces there',
    example: 'http://127.0.0.1:4318/v1/traces',
    mayHaveQuery: true,
  }),
  OTEL_SERVICE_NAME: stringKey({
    description: 'Goes before the name of the app in the service.name of its spans',
    default: 'webhooks',
  }),
  OTEL_TRACES_SAMPLER: choiceKey({
    description: 'Which traces are kept; those that begin with parentbased follow the decision of the caller',
    default: 'parentbased_always_on',
    choices: [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
  }),
  OTEL_TRACES_SAMPLER_ARG: numberKey({
    description: 'Part of the traces that the samplers with traceidratio keep',
    default: '1',
    min: 0,
    max: 1,
    whole: false,
  }),
} as const;
