import { dataOf, type ApiSchemas } from '../../libs/api-client/api-client.ts';
import type { Command } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { fieldLines, textLines } from '../../libs/domain/payload/printable.ts';

export const deliveriesShow: Command = {
  name: 'deliveries show',
  summary: 'Shows a delivery: what was sent, and every attempt.',
  operands: '<id>',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    payload: { takes: null, text: 'only the payload, byte for byte as it is signed' },
    headers: { takes: null, text: 'with the headers of requests and answers' },
  },
  examples: ['deliveries show f3a91c07-5d2e-8a5b-8c6d-9e0f1a2b3c4d', 'deliveries show 0199… --payload | jq .data'],
  notes: ['The id is that of the history, or the header webhook-id as the receiver got it.'],
  needsApi: true,
  run: async ({ operands: [id = ''], given, settings, terminal, signal }) => {
    const path = { id };
    const delivery = await dataOf(settings.api(signal).GET('/v1/deliveries/{id}', { params: { path } }));
    if (given.has('payload')) {
      if (delivery.payloadSent === null) {
        throw new CliFailure('refused', 'Its payload is not known: the event is not in the history any more.');
      }
      terminal.raw(delivery.payloadSent);
      return;
    }
    terminal.show(delivery, () => [
      ...fieldLines({
        delivery: delivery.id,
        status: delivery.reason === null ? delivery.status : `${delivery.status} (${delivery.reason})`,
        event: `${delivery.eventId} (${delivery.eventType})`,
        webhook: delivery.webhookId,
        client: delivery.clientId,
        kind: delivery.kind,
        created: delivery.createdAt,
        'next attempt': delivery.nextAttemptAt,
        'held by': heldText(delivery.heldBy),
        'content type': delivery.payloadContentType,
      }),
      ...(delivery.payloadSent === null ? [] : ['payload', ...textLines(delivery.payloadSent, '  ')]),
      ...delivery.attempts.flatMap((attempt) => attemptLines(attempt, given.has('headers'))),
    ]);
  },
};

function heldText(held: ApiSchemas['DeliveryDetail']['heldBy']): string | null {
  if (held === null) return null;
  const until = held.until === null ? '' : ` until ${held.until}`;
  return `${held.by}${until}${held.deliveryId === null ? '' : `: ${held.deliveryId} comes first`}`;
}

type Attempt = ApiSchemas['Attempt'];

function attemptLines(attempt: Attempt, withHeaders: boolean): readonly string[] {
  const { responseCode, error, latencyMs, trigger, startedAt, outcome, reason } = attempt;
  const answer =
    responseCode === null ? `${error?.kind ?? 'no answer'}: ${error?.message ?? ''}` : `HTTP ${responseCode}`;
  const took = latencyMs === null ? '' : ` in ${latencyMs} ms`;
  const sample = attempt.responseBodySample ?? '';
  return [
    `attempt ${attempt.attempt} (${trigger}) at ${startedAt}: ${outcome}${reason === null ? '' : ` (${reason})`}, ${answer}${took}`,
    ...(withHeaders ? headerLines(attempt.requestHeaders, '  > ') : []),
    ...(withHeaders ? headerLines(attempt.responseHeaders, '  < ') : []),
    ...(sample === '' ? [] : textLines(`${sample}${attempt.responseBodyTruncated ? '…' : ''}`, '  | ')),
    ...(attempt.note === null ? [] : [`  note: ${attempt.note}`]),
    ...(attempt.nextAttemptAt === null ? [] : [`  next at ${attempt.nextAttemptAt}`]),
    ...(attempt.traceId === null ? [] : [`  trace ${attempt.traceId}`]),
  ];
}

function headerLines(headers: Readonly<Record<string, string>>, indent: string): readonly string[] {
  return Object.entries(headers).map(([name, value]) => `${indent}${name}: ${value}`);
}
