/** Outcomes as they happen. */
import { Controller, Inject, Req, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { streamOutcomes, type streamedOutcomeSchema } from '../../../libs/api-contract/stream.ts';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { streamPositionOf, toldUntilOf } from '../../../libs/domain/delivery/stream-position.ts';
import { ownerOf, type InputOf } from '../access/caller.ts';
import { OutcomeStreams, type NewStream } from './outcome-streams.ts';
import { invalid } from '../http/problem-error.ts';
import { Input, Route } from '../http/route.ts';
import { attemptErrorResponse, timeOrNull } from '../responses.ts';

@Controller()
export class StreamController {
  constructor(@Inject(OutcomeStreams) private readonly streams: OutcomeStreams) {}

  @Route(streamOutcomes)
  open(
    @Input() { query, scope, caller }: InputOf<typeof streamOutcomes>,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): StreamableFile {
    const { clientId, webhookId, eventType, outcome } = query;
    const wants = (one: DeliveryOutcome) =>
      one.kind !== 'ping' &&
      (scope === null || one.clientId === scope) &&
      (clientId === undefined || one.clientId === clientId) &&
      (webhookId === undefined || one.webhookId === webhookId) &&
      (eventType === undefined || one.eventType === eventType) &&
      (outcome === undefined || one.status === outcome);
    const stream = this.streams.open({
      owner: ownerOf(caller),
      authorization: headers.authorization,
      ...positionOf(headers['last-event-id']),
      wants,
      dataOf: shownOutcome,
    });
    // For proxies that would keep it until it is large enough.
    reply.header('x-accel-buffering', 'no');
    return new StreamableFile(stream, { type: 'text/event-stream; charset=utf-8' });
  }
}

/** @throws ProblemError */
function positionOf(lastEventId: string | string[] | undefined): Pick<NewStream, 'from' | 'toldUntil'> {
  if (lastEventId === undefined || lastEventId === '') return { from: null, toldUntil: null };
  const from = typeof lastEventId === 'string' ? streamPositionOf(lastEventId) : null;
  if (typeof lastEventId !== 'string' || from === null) {
    throw invalid([{ path: '/Last-Event-ID', rule: 'cursor', message: 'This is not an id of this stream.' }]);
  }
  return { from, toldUntil: toldUntilOf(lastEventId) };
}

function shownOutcome(outcome: DeliveryOutcome): Static<typeof streamedOutcomeSchema> {
  return {
    deliveryId: outcome.deliveryId,
    webhookId: outcome.webhookId,
    clientId: outcome.clientId,
    eventId: outcome.eventId,
    eventType: outcome.eventType,
    kind: outcome.kind === 'test' ? 'test' : 'event',
    trigger: outcome.trigger,
    round: outcome.round,
    attempt: outcome.attempt,
    outcome: outcome.status,
    reason: outcome.reason,
    startedAt: new Date(outcome.startedAt).toISOString(),
    responseCode: outcome.responseCode,
    latencyMs: outcome.latencyMs,
    error: attemptErrorResponse(outcome),
    nextAttemptAt: timeOrNull(outcome.nextAttemptAt),
  };
}
