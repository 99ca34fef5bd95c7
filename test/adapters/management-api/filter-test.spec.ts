/** Filters tried before they decide about real events. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newClient, newWebhook, saidBy, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';

let world: World;
let client: Awaited<ReturnType<typeof newClient>>;
let webhookId: string;

beforeAll(async () => {
  world = await startWorld();
  client = await newClient(world);
  const filter = { 'data.amount': { $gte: 100 } };
  webhookId = (await newWebhook(world, client.key, { filter })).id;
}, 120_000);

afterAll(async () => {
  await world.close();
});

const tryIt = (body: object, key = client.key, id = webhookId) =>
  world.ask(`POST /v1/webhooks/${id}/filter-test`, { key, body });
const order = (data: unknown, more: object = {}) => ({ type: 'order.created', data, ...more });

test.each<[object, object]>([
  [{ event: order({ amount: 100 }) }, { decision: 'matched', isSubscribed: true, isFilterPassed: true }],
  [{ event: order({ amount: 99 }) }, { decision: 'filtered', isSubscribed: true, isFilterPassed: false }],
  [{ event: order({ amount: '100' }) }, { decision: 'filtered' }],
  [{ event: order(undefined) }, { decision: 'filtered' }],
  [{ event: order({ amount: 100 }, { type: 'invoice.paid' }) }, { decision: 'not_subscribed', isFilterPassed: true }],
  [{ event: order({ amount: 1 }), filter: null }, { decision: 'matched' }],
  [{ event: order({ amount: 100 }), filter: { 'data.amount': 1 } }, { decision: 'filtered' }],
  [{ event: order({}, { source: '/shop' }), filter: { source: '/shop' } }, { decision: 'matched' }],
  [
    { event: order({}, { time: '2026-03-14T10:26:53+01:00' }), filter: { time: '2026-03-14T09:26:53.000Z' } },
    { decision: 'matched' },
  ],
])('%j: %j', async (body, expected) => {
  expect(await tryIt(body)).toMatchObject({ status: 200, body: expected });
});

test('the event is seen masked, so that no filter can guess at what is masked', async () => {
  await world.ask('PUT /v1/event-types/order.secret', { body: { sensitivePaths: ['card.number'] } });
  const event = { type: 'order.secret', data: { password: 'hush', card: { number: '4111' }, big: 1 } };
  const answer = await tryIt({ event, filter: { 'data.card.number': { $prefix: '4' } } });
  expect(answer.body).toMatchObject({
    decision: 'filtered',
    event: { data: { password: '********', card: { number: '********' }, big: 1 } },
  });
});

test('a disabled webhook would get nothing', async () => {
  const { id } = await newWebhook(world, client.key, { isActive: false });
  const answer = await tryIt({ event: order({}) }, client.key, id);
  expect(answer.body).toMatchObject({ decision: 'disabled', isFilterPassed: true });
});

test('an event of the history can be tried, one of another client is nobody’s', async () => {
  const { eventId } = await seedHistory(world.env.DATABASE_URL, { clientId: client.id, webhookId });
  const own = await tryIt({ eventId });
  expect(own).toMatchObject({ status: 200, body: { event: { id: eventId } } });
  const other = await newClient(world);
  const { id } = await newWebhook(world, other.key);
  const foreign = await tryIt({ eventId }, other.key, id);
  expect(foreign.status).toBe(404);
  expect(saidBy(foreign)).toBe(saidBy(await tryIt({ eventId: 'evt-nobody' }, other.key, id)));
  // Not even through an admin: this webhook could never get it.
  expect((await tryIt({ eventId }, world.adminKey, id)).status).toBe(404);
});

describe('what cannot be tried', () => {
  test.each<[object, string]>([
    [{}, '/eventId oneOf'],
    [{ eventId: 'x', event: order({}) }, '/event oneOf'],
    [{ event: { data: {} } }, '/event/type required'],
    [{ event: order({}), filter: { 'data.a': { $regex: 'x' } } }, '/filter/data.a/$regex filter'],
    [{ event: order({}, { time: 'now' }) }, '/event/time format'],
  ])('%j: %s', async (body, expected) => {
    const { status, body: problem } = await tryIt(body);
    const errors = (problem['errors'] as { path: string; rule: string }[]).map(({ path, rule }) => `${path} ${rule}`);
    expect({ status, errors }).toEqual({ status: 422, errors: [expected] });
  });
});

test('each condition says what it found and whether it holds, the webhook’s own as well as one that is tried', async () => {
  const own = await tryIt({ event: order({ amount: '150' }) });
  const amount = { field: 'data.amount', operator: '$gte', expected: 100 };
  expect(own.body['conditions']).toEqual([{ pointer: '/data.amount/$gte', ...amount, found: ['150'], holds: false }]);
  const tried = await tryIt({ event: order({ password: 'hush' }), filter: { 'data.password': { $prefix: 'h' } } });
  expect(tried.body['conditions']).toMatchObject([{ found: ['********'], holds: false }]);
  expect((await tryIt({ event: order({}), filter: null })).body['conditions']).toEqual([]);
});
