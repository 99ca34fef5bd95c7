/** An error of Kafka as log fields. It will be tried again: where in kafkajs it arose helps nobody. */
import type { LogFields } from '../runtime/logger.ts';

export function troubleFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  const { type } = error as { type?: unknown };
  return {
    error: error.message,
    errorName: error.name,
    ...(type === undefined ? {} : { errorType: type }),
    ...(error.cause instanceof Error && error.cause.message !== error.message ? { cause: error.cause.message } : {}),
  };
}
