/** The contract holds: every operation answers what the document says, and the document is sound. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ReplayRunner } from '../../../apps/management-api/replays/replay-runner.ts';
import { openApiDocument } from '../../../libs/api-contract/openapi.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { seenOperations } from './contract-check.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
}, 120_000);

afterAll(async () => {
  await world.close();
});

test('every operation answers as documented, with the example of its body', async () => {
  const { id: clientId, keyId } = await newClient(world);
  const { id: webhookId } = await newWebhook(world, world.adminKey, { clientId });
  const { deliveryId, eventId } = await seedHistory(world.env.DATABASE_URL, { clientId, webhookId });
  const session = await world.ask(`POST /v1/clients/${clientId}/portal-sessions`, { body: {} });
  const operatorKey = await world.ask('POST /v1/api-keys', { body: { name: 'x', role: 'publisher' } });
  // Stopped, so that it is still open when it is cancelled.
  await world.app.get(ReplayRunner).stop();
  const replayId = String((await world.ask('POST /v1/replays', { body: { clientId } })).body['id']);
  await world.ask(`POST /v1/webhooks/${webhookId}/secret/rotate`, { body: {} });
  const secrets = await world.ask(`GET /v1/webhooks/${webhookId}/secrets`);
  const oldSecretId = (secrets.body['data'] as { id: string }[]).at(-1)?.id ?? '';
  const erasure = await world.ask('POST /v1/audit/erasures', {
    body: { subject: 'ada@example.com', reason: 'asked for' },
  });
  const ids: Readonly<Record<string, string>> = {
    'erasures/{id}': `erasures/${String(erasure.body['id'])}`,
    'clients/{id}': `clients/${clientId}`,
    'webhooks/{id}': `webhooks/${webhookId}`,
    'deliveries/{id}': `deliveries/${deliveryId}`,
    'events/{id}': `events/${eventId}`,
    'replays/{id}': `replays/${replayId}`,
    'event-types/{type}': 'event-types/order.created',
  };
  // A ping and a verification take a dispatcher; what deletes comes last, and the client after what it has.
  const lasts = ['deleteClient', 'getLeaving'];
  const dispatched = ['pingWebhook', 'verifyWebhook'];
  const firsts = allOperations.filter(({ id }) => !dispatched.includes(id) && !lasts.includes(id));
  const others = firsts.filter(({ method }) => method !== 'delete');
  const deletions = [
    ...firsts.filter(({ method }) => method === 'delete'),
    ...lasts.flatMap((name) => allOperations.filter(({ id }) => id === name)),
  ];
  // What is asked of oneself is asked by a session, or by the key that opens one.
  const { key: ownKey } = await newClient(world);
  const own = await world.ask('POST /v1/me/sessions', { key: ownKey, body: { renewableForMinutes: 60 } });
  const ownKeys: Readonly<Record<string, string>> = {
    createOwnSession: ownKey,
    renewSession: String(own.body['token']),
    endOwnSession: String(own.body['token']),
  };
  for (const { method, path, example, id } of [...others, ...deletions]) {
    const keyOf = path.startsWith('/v1/clients') ? keyId : String(operatorKey.body['id']);
    const url = path
      .replaceAll(/[\w-]+\/\{(?:id|type)\}/g, (place) => ids[place] ?? place)
      .replace('{keyId}', keyOf)
      .replace('{secretId}', oldSecretId)
      .replace('{sessionId}', String(session.body['id']));
    const body = example === null ? {} : { body: example };
    const query = id === 'search' ? `?q=${eventId}` : '';
    const answer = await world.ask(`${method.toUpperCase()} ${url}${query}`, {
      key: ownKeys[id] ?? world.adminKey,
      ...body,
    });
    expect({ id, ok: answer.status < 300, text: answer.status < 300 ? '' : answer.text }).toEqual({
      id,
      ok: true,
      text: '',
    });
    if (id === 'disableWebhook') await world.ask(`POST /v1/webhooks/${webhookId}/enable`);
  }
  const unseen = allOperations.map(({ id }) => id).filter((id) => !seenOperations.has(id));
  expect(unseen.sort()).toEqual(['pingWebhook', 'verifyWebhook']);
});

test('what the server says of itself is the document', async () => {
  const { body } = await world.ask('GET /openapi.json', { key: '' });
  expect(body).toEqual(JSON.parse(JSON.stringify(openApiDocument('0.1.0'))));
  const paths = Object.keys(body['paths'] as object);
  expect(paths.length).toBeGreaterThan(20);
});

test.each(allOperations.map((operation) => [operation.id, operation] as const))(
  '%s names its path parameters and has a summary',
  (_, { path, params, summary, roles }) => {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(params.properties)).toEqual(named);
    expect(summary.length).toBeGreaterThan(5);
    expect(roles).toContain('admin');
  },
);
