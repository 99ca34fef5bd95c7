import { dataOf, type ApiClient, type ApiSchemas } from '../../libs/api-client/api-client.ts';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import type { Command, Given } from '../command.ts';
import { timeOption } from '../time-option.ts';
import { deliveryStatuses } from '../../libs/domain/delivery/outcome.ts';
import { tableLines } from '../../libs/domain/payload/printable.ts';

const limitDefault = 20;
const limitMax = 10_000;
/** Of the API. */
const pageMax = 250;

export const deliveriesList: Command = {
  name: 'deliveries list',
  summary: 'Lists deliveries, those of the newest events first.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    webhook: { takes: 'ID', text: 'of this webhook' },
    client: { takes: 'ID', text: 'of this client' },
    status: { takes: 'STATUS', text: deliveryStatuses.join(', ') },
    'event-type': { takes: 'TYPE', text: 'of this type' },
    event: { takes: 'ID', text: 'of this event' },
    from: { takes: 'TIME', text: 'of events from this time on: RFC 3339, or 15m, 2h, 7d ago' },
    to: { takes: 'TIME', text: 'of events before this time' },
    limit: { takes: 'N', text: `at most this many (${limitDefault}; at most ${limitMax})` },
    cursor: { takes: 'CURSOR', text: 'continues where a list ended (nextCursor of --json)' },
  },
  examples: ['deliveries list --status failed_permanent --from 24h', 'deliveries list --webhook wh_… --json'],
  needsApi: true,
  run: async ({ given, settings, terminal, signal }) => {
    const api = settings.api(signal);
    const limit = given.whole('limit', { min: 1, max: limitMax }) ?? limitDefault;
    const filters = filtersOf(given);
    const data: ApiSchemas['Delivery'][] = [];
    let cursor = given.text('cursor');
    do {
      const query = { ...filters, limit: Math.min(limit - data.length, pageMax), ...(cursor !== null && { cursor }) };
      const page = await dataOf(api.GET('/v1/deliveries', { params: { query } }));
      data.push(...page.data);
      cursor = page.nextCursor;
    } while (cursor !== null && data.length < limit);
    terminal.show({ data, nextCursor: cursor }, () => deliveryLines(data, terminal.width));
    if (cursor !== null && !terminal.isJson) terminal.remark('There are more: give a larger --limit.');
    const webhookId = given.text('webhook');
    if (webhookId === null || terminal.isJson || !(await isFallingBehind(api, webhookId))) return;
    terminal.remark(
      'The webhook falls behind: more comes than its endpoint, its limits or its client’s share let through.',
    );
  },
};

/** A webhook that is deleted has deliveries, but no health. */
async function isFallingBehind(api: ApiClient, id: string): Promise<boolean> {
  try {
    return (await dataOf(api.GET('/v1/webhooks/{id}/health', { params: { path: { id } } }))).fallingBehind;
  } catch (error) {
    if (error instanceof ApiProblem) return false;
    throw error;
  }
}

function filtersOf(given: Given) {
  const now = Date.now();
  const [from, to] = [given.text('from'), given.text('to')];
  const named = {
    webhookId: given.text('webhook'),
    clientId: given.text('client'),
    eventType: given.text('event-type'),
    eventId: given.text('event'),
    status: given.word('status', deliveryStatuses),
    from: from === null ? null : timeOption('from', from, now),
    to: to === null ? null : timeOption('to', to, now),
  };
  type Filters = { [Name in keyof typeof named]?: NonNullable<(typeof named)[Name]> };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null)) as Filters;
}

export function deliveryLines(deliveries: readonly ApiSchemas['Delivery'][], width: number | null): readonly string[] {
  if (deliveries.length === 0) return ['There is none.'];
  return tableLines(
    ['DELIVERY', 'CREATED', 'EVENT TYPE', 'STATUS', 'ATTEMPTS', 'LAST', 'WEBHOOK'],
    deliveries.map((delivery) => [
      delivery.id,
      delivery.createdAt,
      delivery.eventType,
      delivery.reason === null ? delivery.status : `${delivery.status} (${delivery.reason})`,
      String(delivery.attemptCount),
      delivery.lastResponseCode === null ? '-' : String(delivery.lastResponseCode),
      delivery.webhookId,
    ]),
    width,
  );
}
