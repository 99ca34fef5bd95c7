/**
 * In: a settled delivery. Out: its one line in the log. Holds: no secret, no header, no byte of a payload or an answer;
 * a line costs what it costs at every delivery, so it is made once and of what is at hand.
 */
import type { Settlement } from '../../../libs/domain/delivery/settle.ts';
import { traceIdOf } from '../../../libs/domain/event/traceparent.ts';
import type { LogFields, Logger } from '../../../libs/runtime/logger.ts';

const errorCharactersMax = 300;

export type LineLevel = 'info' | 'warn' | 'error';

export interface LineOptions {
  readonly logger: Logger;
  /** Of a delivery that failed in its last attempt. Default: error */
  readonly exhaustedLevel?: LineLevel;
}

export interface WideLine {
  readonly level: LineLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export function wideLineOf({ outcome, followUp }: Settlement, exhaustedLevel: LineLevel = 'error'): WideLine {
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
    ...(outcome.status === 'delivered' ? {} : errorOf(outcome)),
    ageMs: outcome.startedAt + (outcome.latencyMs ?? 0) - outcome.deliveryCreatedAt,
    ...(followUp.kind === 'retry' ? { nextAttemptAt: followUp.delivery.notBefore } : {}),
    ...(outcome.traceparent === null ? {} : { traceId: traceIdOf(outcome.traceparent) }),
  };
  return { level: levelOf(outcome, exhaustedLevel), message: `attempt ${outcome.status}`, fields };
}

/** In words of ours, which quote nothing of an answer. `about`: whoever is woken by errors of ours is not meant. */
function errorOf({ errorKind, errorMessage, reason }: Settlement['outcome']): LogFields {
  return {
    ...(errorKind === null ? {} : { errorKind }),
    ...(errorMessage === null ? {} : { error: errorMessage.slice(0, errorCharactersMax) }),
    ...(reason === 'exhausted' ? { about: 'endpoint' } : {}),
  };
}

/** An endpoint's trouble is a warning until nothing more is tried; ours an error: without its keys this system can sign nothing. */
function levelOf({ status, reason }: Settlement['outcome'], exhaustedLevel: LineLevel): LineLevel {
  if (status === 'delivered') return 'info';
  if (reason === 'exhausted') return exhaustedLevel;
  return reason === 'signing_failed' ? 'error' : 'warn';
}

export function writeLine({ logger, exhaustedLevel }: LineOptions, settlement: Settlement): void {
  const { level, fields, message } = wideLineOf(settlement, exhaustedLevel);
  logger[level](fields, message);
}
