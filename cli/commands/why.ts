import type { Command } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { brokersOption } from '../kafka-options.ts';
import { explainedEvents, explainedMax, type ExplainedEvent } from '../why/event-findings.ts';
import { findingLines } from '../why/finding.ts';

/** Among the last of each partition. */
export const rejectedLookedAt = 2_000;

export const why: Command = {
  name: 'why',
  summary:
    'Explains why an event arrived or not: never seen, rejected, without audience, filtered, disabled, held, delivered.',
  operands: '<event id>',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    webhook: { takes: 'ID', text: 'at this webhook alone' },
    last: {
      takes: 'N',
      text: `looks for it among the last N rejected records of each partition (${rejectedLookedAt})`,
    },
    'api-only': { takes: null, text: 'does not ask Kafka, and so knows nothing of rejected events' },
    ...brokersOption,
  },
  notes: [
    'Takes the id of an event, of a delivery, or the header webhook-id as the receiver got it.',
    'An event that the API does not have is looked for among the rejected records on Kafka, as `rejected list` reads them. If it is not found anywhere, the exit code is 1.',
  ],
  examples: ['why evt-1', 'why evt-1 --webhook wh_… --json'],
  needsApi: true,
  run: async (context) => {
    const { given, settings, terminal, signal } = context;
    const [id = ''] = context.operands;
    const events = await explainedEvents(settings.api(signal), id, given.text('webhook'));
    const isKafkaAsked = events.length === 0 && !given.has('api-only');
    const rejected = isKafkaAsked
      ? await (await import('../over-kafka/rejected-of-event.ts')).rejectedFindings(context, id)
      : [];
    terminal.show({ id, events, rejected }, () => [
      ...events.flatMap(eventLines),
      ...rejected.flatMap((one) => findingLines(one)),
    ]);
    if (events.length > 0 || rejected.length > 0) return;
    throw new CliFailure('refused', `'${id}' was never seen: no event, delivery or rejected record has this id.`, {
      more: [
        'An event that was produced a moment ago may be on its way: deeperhub-webhooks topics shows whether fan-out is behind.',
        'Otherwise it was produced to a topic that is not read (PLATFORM_TOPICS), is older than the history, or was of a client that has left.',
      ],
    });
  },
};

function eventLines({ event, findings, left }: ExplainedEvent): readonly string[] {
  const whom = event.clientId === null ? 'a broadcast' : `for client ${event.clientId}`;
  return [
    `${event.id}  ${event.type}  ${whom}  ${event.time}`,
    ...findings.flatMap(findingLines),
    ...(left === 0 ? [] : [`and ${left} more webhooks: the first ${explainedMax} are explained, --webhook names one`]),
  ];
}
