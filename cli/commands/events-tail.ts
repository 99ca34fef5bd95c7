import { followStream, type StreamItem } from '../../libs/api-client/outcome-stream.ts';
import type { Command } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { timeoutRangeS } from '../wait-for-delivery.ts';

const outcomes = ['delivered', 'failed_retryable', 'failed_permanent'] as const;

interface Outcome {
  readonly startedAt: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly eventType: string;
  readonly attempt: number;
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly responseCode: number | null;
  readonly latencyMs: number | null;
  readonly error: { readonly kind: string; readonly message: string } | null;
}

export const eventsTail: Command = {
  name: 'events tail',
  summary: 'Shows what becomes of events, as it happens: one line for each attempt.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    webhook: { takes: 'ID', text: 'of this webhook' },
    client: { takes: 'ID', text: 'of this client' },
    'event-type': { takes: 'TYPE', text: 'of events of this type' },
    outcome: { takes: 'OUTCOME', text: outcomes.join(', ') },
    'last-event-id': { takes: 'ID', text: 'continues after this one (id of --json)' },
    count: { takes: 'N', text: 'stops after this many' },
    timeout: { takes: 'SECONDS', text: 'stops after this long; with --count that is a failure' },
  },
  notes: [
    'Runs until Ctrl-C. A lost connection is re-established, and nothing is missed as long as Kafka still has it.',
  ],
  examples: ['events tail', 'events tail --webhook wh_… --json | jq .outcome.outcome'],
  needsApi: true,
  isEndless: true,
  run: async ({ given, settings, terminal, signal }) => {
    const count = given.whole('count', { min: 1, max: 1_000_000 });
    const timeoutS = given.whole('timeout', timeoutRangeS);
    const late = timeoutS === null ? null : AbortSignal.timeout(1000 * timeoutS);
    const named = {
      webhookId: given.text('webhook'),
      clientId: given.text('client'),
      eventType: given.text('event-type'),
      outcome: given.word('outcome', outcomes),
    };
    let wasConnected = false;
    const items = followStream({
      url: settings.apiUrl,
      key: settings.key(),
      signal: late === null ? signal : AbortSignal.any([signal, late]),
      query: Object.fromEntries(
        Object.entries(named).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
      ),
      lastEventId: given.text('last-event-id'),
      onOpen: () => {
        wasConnected = true;
        terminal.remark('Connected; Ctrl-C ends it.');
      },
      onLost: (reason, error) => {
        if (!wasConnected) throw error;
        terminal.remark(`The connection is lost (${reason}); trying again.`);
      },
    });
    let seen = 0;
    for await (const item of items) {
      if (item.event !== 'outcome') {
        if (item.event !== 'message') terminal.remark(`${item.event}: ${JSON.stringify(item.data)}`);
        continue;
      }
      terminal.show({ id: item.id, outcome: item.data }, () => [outcomeLine(item)]);
      seen += 1;
      if (seen === count) return;
    }
    if (count === null) return;
    const there = `there were ${seen} of ${count} outcomes.`;
    throw signal.aborted
      ? new CliFailure('interrupted', `It was stopped: ${there}`)
      : new CliFailure('refused', `After ${String(timeoutS)} s ${there}`);
  },
};

function outcomeLine({ data }: StreamItem): string {
  const { startedAt, outcome, reason, eventType, attempt, responseCode, latencyMs, error, deliveryId, webhookId } =
    data as Outcome;
  const answer = responseCode === null ? (error?.message ?? 'no POST') : `HTTP ${responseCode}`;
  return [
    startedAt,
    (reason === null ? outcome : `${outcome} (${reason})`).padEnd(16),
    eventType,
    `attempt ${attempt}`,
    latencyMs === null ? answer : `${answer} in ${latencyMs} ms`,
    deliveryId,
    webhookId,
  ].join('  ');
}
