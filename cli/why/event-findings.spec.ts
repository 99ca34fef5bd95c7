/** Each way in which an event may not arrive, as the API tells of it. */
import { expect, test } from '@jest/globals';
import { createApiClient } from '../../libs/api-client/api-client.ts';
import { explainedEvents } from './event-findings.ts';
import { findingLines } from './finding.ts';

const event = { id: 'evt-1', type: 'ordr.created', clientId: 'acme', time: '2026-03-14T09:26:53.589Z' };
const delivery = {
  ...{ id: 'd-1', webhookId: 'wh_1', clientId: 'acme', eventId: 'evt-1', eventType: 'order.created', attempts: [] },
  ...{ status: 'pending', reason: null, createdAt: event.time, lastAttemptAt: null, heldBy: null },
};
const attempt = { responseCode: 503, error: null, startedAt: '2026-03-14T09:27:00.000Z', latencyMs: 12 };
const decided = (decision: string, more: object = {}) => ({
  'GET /v1/events/evt-1?clientId=acme': {
    ...event,
    decisions: [{ webhookId: 'wh_1', decision, deliveryId: null, ...more }],
  },
});
const delivered = (more: object) => ({
  ...decided('matched', { deliveryId: 'd-1' }),
  'GET /v1/deliveries/d-1': { ...delivery, ...more },
});
const webhooks = (...data: object[]) => ({
  ...decided('matched'),
  'GET /v1/events/evt-1?clientId=acme': { ...event, decisions: [] },
  'GET /v1/webhooks?clientId=acme&limit=250': { data },
});
const held = (by: string, until: string | null = null, deliveryId: string | null = null) =>
  delivered({ heldBy: { by, until, deliveryId } });

type Answers = Readonly<Record<string, object>>;

function apiWith(answers: Answers) {
  const send = async (request: Request) => {
    await Promise.resolve();
    const { pathname, search } = new URL(request.url);
    const answer = answers[`${request.method} ${pathname}${search}`];
    return Response.json(answer ?? { code: 'not_found' }, { status: answer === undefined ? 404 : 200 });
  };
  return createApiClient({ url: 'http://api', key: 'k', fetch: send });
}

const found = { 'GET /v1/search?q=evt-1': { data: [{ kind: 'event', id: 'evt-1', clientId: 'acme' }] } };

async function told(answers: Answers): Promise<string> {
  const explained = await explainedEvents(apiWith({ ...found, ...answers }), 'evt-1', null);
  return explained.flatMap(({ findings }) => findings.flatMap(findingLines)).join('\n');
}

test.each<[string, Answers, readonly string[]]>([
  ['delivered', delivered({ status: 'delivered', lastAttemptAt: attempt.startedAt }), ['delivered: wh_1 took it at']],
  [
    'failed for good',
    delivered({ status: 'failed_permanent', reason: 'exhausted', attempts: [attempt, attempt] }),
    ['failed: wh_1 did not take it', 'all attempts of its retry policy failed', 'attempt 2', 'HTTP 503', 'resend d-1'],
  ],
  ['waiting for its retry', held('retry', '2026-03-14T09:30:00.000Z'), ['held:', 'follows at 2026-03-14T09:30']],
  [
    'held by a breaker',
    held('breaker', '2026-03-14T14:05:00.000Z'),
    ['circuit breaker is open until 2026-03-14T14:05'],
  ],
  ['held by order', held('order', null, 'd-0'), ['delivery d-0 has to be settled first', 'why d-0']],
  ['held by its rate', held('rate'), ['more waits than its rate limit lets through']],
  ['held while it recovers', held('recovery', '2026-03-14T09:30:00.000Z'), ['recovers until 2026-03-14T09:30']],
  ['held at its origin', held('turn'), ['waits for its turn', 'a place at the origin of its endpoint']],
  ['not projected yet', decided('matched', { deliveryId: 'd-1' }), ['held:', 'not in the history yet']],
  ['a copy', decided('copy', { deliveryId: 'm-1' }), ['copy: wh_1 has a copy', 'why m-1']],
  [
    'filtered',
    {
      ...decided('filtered'),
      'POST /v1/webhooks/wh_1/filter-test': {
        isFilterPassed: false,
        conditions: [
          { field: 'data.amount', operator: '$gte', expected: 100, found: [20], holds: false },
          { field: 'data.zone', operator: '$eq', expected: 'eu', found: [], holds: false },
          { field: 'type', operator: '$eq', expected: 'x', found: ['x'], holds: true },
        ],
      },
    },
    ['filtered: wh_1', 'data.amount $gte 100: found 20', 'data.zone $eq "eu": found nothing there'],
  ],
  [
    'filtered, by a filter that one may not ask',
    decided('filtered'),
    ['filtered: wh_1', 'which condition is not known'],
  ],
  [
    'disabled',
    {
      ...decided('disabled'),
      'GET /v1/webhooks/wh_1': {
        isActive: false,
        disabledBy: 'failures',
        disabledAt: event.time,
        disabledReason: null,
      },
    },
    ['disabled: wh_1 is disabled, by failures since 2026-03-14', 'webhooks enable wh_1'],
  ],
  [
    'disabled, and enabled since',
    { ...decided('disabled'), 'GET /v1/webhooks/wh_1': { isActive: true } },
    ['active now'],
  ],
  ['disabled, and deleted since', decided('disabled'), ['deleted: wh_1 was disabled, and is deleted by now']],
  [
    'for nobody, by a misspelt type',
    webhooks({ id: 'wh_1', eventTypes: ['order.created', 'parcel.*'], updatedAt: event.time }),
    ['nobody: No webhook of client acme takes ordr.created; did you mean order.created?', 'they take order.created'],
  ],
  [
    'for nobody, until somebody subscribed',
    webhooks({ id: 'wh_1', eventTypes: ['ordr.*'], updatedAt: event.time }),
    ['When it came, no webhook of client acme took ordr.created; now wh_1'],
  ],
  [
    'for a client without a webhook',
    { ...webhooks(), 'GET /v1/clients/acme': { id: 'acme' } },
    ['client acme, who has no webhook', 'webhooks create --client acme'],
  ],
  [
    'for a client that there is not',
    { ...webhooks(), 'GET /v1/clients?limit=250': { data: [{ id: 'acme1' }] } },
    ['there is no such client; did you mean acme1?'],
  ],
])('%s', async (_, answers, says) => {
  const text = await told(answers);
  for (const words of says) expect(text).toContain(words);
});

test('an event that nobody has seen', async () => {
  expect(await explainedEvents(apiWith({ 'GET /v1/search?q=x': { data: [] } }), 'x', null)).toEqual([]);
});

test('a delivery is explained by its own id', async () => {
  const answers = {
    'GET /v1/search?q=d-1': { data: [{ kind: 'delivery', id: 'd-1' }] },
    'GET /v1/deliveries/d-1': { ...delivery, heldBy: { by: 'turn', until: null, deliveryId: null } },
  };
  const [explained] = await explainedEvents(apiWith(answers), 'd-1', null);
  expect(explained).toMatchObject({ event: { id: 'evt-1' }, findings: [{ verdict: 'held', heldBy: 'turn' }] });
});

test('of a broadcast to thousands the first are explained', async () => {
  const decisions = Array.from({ length: 2_000 }, (_, no) => ({ webhookId: `wh_${no}`, decision: 'copy' }));
  const answers = { ...found, 'GET /v1/events/evt-1?clientId=acme': { ...event, decisions } };
  const [explained] = await explainedEvents(apiWith(answers), 'evt-1', null);
  expect(explained).toMatchObject({ findings: { length: 20 }, left: 1_980 });
});
