/** Configuration of the apps that make spans. The names are those of the OpenTelemetry specification. */
import { choiceKey, numberKey, optionalHttpUrlKey, stringKey } from './config.ts';

export const tracingKeys = {
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalHttpUrlKey({
    description: 'Where spans go, as OTLP over HTTP in JSON, such as http://127.0.0.1:4318; empty: no tracing',
  }),
  OTEL_SERVICE_NAME: stringKey({
    description: 'Goes before the name of the app in the service.name of its spans',
    default: 'webhooks',
  }),
  OTEL_TRACES_SAMPLER: choiceKey({
    description: 'Which traces are kept; the ones that begin with parentbased leave it to whoever began a trace',
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
