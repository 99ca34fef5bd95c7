/**
 * In: a settled delivery. Out: its one line in the log. Holds: no secret, no header, no byte of a payload or an answer;
 * a line costs what it costs at every delivery, so it is made once and of what is at hand.
 */
import type { Settlement } from '../../../libs/domain/delivery/settle.ts';
import { traceIdOf } from '../../../libs/domain/event/traceparent.ts';
import type { LogFields, Logger } from '../../../libs/runtime/logger.ts';

export interface WideLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

export function wideLineOf({ outcome, followUp }: Settlement): WideLine {
  const fields = {
    deliveryId: outcome.deliveryId,
    webhookId: outcome.webhookId,
    clientId: outcome.clientId,
    eventType: outcome.eventType,
    kind: outcome.kind,
    trigger: outcome.trigger,
    attempt: outcome.attempt,
    status: outcome.status,
    reason: outcome.reason,
    responseCode: outcome.responseCode,
    latencyMs: outcome.latencyMs,
    ageMs: outcome.startedAt + (outcome.latencyMs ?? 0) - outcome.deliveryCreatedAt,
    ...(followUp.kind === 'retry' ? { nextAttemptAt: followUp.delivery.notBefore } : {}),
    ...(outcome.traceparent === null ? {} : { traceId: traceIdOf(outcome.traceparent) }),
  };
  return { level: levelOf(outcome), message: `attempt ${outcome.status}`, fields };
}

/** An endpoint's trouble is a warning, ours an error: without its keys this system can sign nothing. */
function levelOf({ status, reason }: Settlement['outcome']): WideLine['level'] {
  if (status === 'delivered') return 'info';
  return reason === 'signing_failed' ? 'error' : 'warn';
}

export function writeLine(logger: Logger, { level, fields, message }: WideLine): void {
  logger[level](fields, message);
}
