import { dataOf, type ApiSchemas } from '../../libs/api-client/api-client.ts';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import type { Command, CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { brokersOption } from '../kafka-options.ts';
import { explainedEvents, explainedMax, type ExplainedEvent } from '../why/event-findings.ts';
import { findingLines, type Finding } from '../why/finding.ts';
import { isKeptAbout, keptFinding } from '../why/rejected-findings.ts';

/** Of the API, where Kafka is not asked or out of reach. */
const keptLookedAt = 1_000;
const pageMax = 50;

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
    'api-only': { takes: null, text: 'does not ask Kafka: rejected events are looked for in the API alone' },
    ...brokersOption,
  },
  notes: [
    'Takes the id of an event, of a delivery, or the header webhook-id as the receiver got it.',
    `An event that the API does not have is looked for among the rejected ones: on Kafka, as \`rejected list\` reads them, and otherwise among the newest ${keptLookedAt} that the API has. If it is not found anywhere, the exit code is 1.`,
  ],
  examples: ['why evt-1', 'why evt-1 --webhook wh_… --json'],
  needsApi: true,
  run: async (context) => {
    const { given, settings, terminal, signal } = context;
    const [id = ''] = context.operands;
    const events = await explainedEvents(settings.api(signal), id, given.text('webhook'));
    const rejected = events.length === 0 ? await rejectedFindings(context, id) : [];
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

/** From Kafka, which has the bytes; from the API for whoever has a key of it and no way to Kafka. */
async function rejectedFindings(context: CommandContext, id: string): Promise<readonly Finding[]> {
  const onKafka = context.given.has('api-only')
    ? null
    : await (await import('../over-kafka/rejected-of-event.ts')).rejectedFindings(context, id);
  return onKafka ?? keptFindings(context, id);
}

/** Newest first. */
async function keptFindings({ settings, terminal, signal }: CommandContext, id: string): Promise<readonly Finding[]> {
  const api = settings.api(signal);
  const found: Finding[] = [];
  let cursor: string | null = null;
  try {
    for (let looked = 0; looked < keptLookedAt; looked += pageMax) {
      const query: { limit: number; cursor?: string } = { limit: pageMax, ...(cursor !== null && { cursor }) };
      const page: ApiSchemas['RejectedEventPage'] = await dataOf(api.GET('/v1/rejected-events', { params: { query } }));
      found.push(...page.data.filter((one) => isKeptAbout(id, one)).map(keptFinding));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
  } catch (error) {
    // Operators alone may look at them.
    if (!(error instanceof ApiProblem)) throw error;
    terminal.remark(`Whether it was rejected is not known: ${error.message}`);
  }
  return found;
}

function eventLines({ event, findings, left }: ExplainedEvent): readonly string[] {
  const whom = event.clientId === null ? 'a broadcast' : `for client ${event.clientId}`;
  return [
    `${event.id}  ${event.type}  ${whom}  ${event.time}`,
    ...findings.flatMap(findingLines),
    ...(left === 0 ? [] : [`and ${left} more webhooks: the first ${explainedMax} are explained, --webhook names one`]),
  ];
}
