import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebhookRow } from '../../../libs/postgres/entities/webhook.ts';
import { readDefinition } from '../../../libs/postgres/webhooks/webhook-definition.ts';
import { WebhookStore } from '../../../libs/postgres/webhooks/webhook-store.ts';
import { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { SecretBox } from '../../../libs/runtime/secret-box.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { storeWebhook } from './webhook-factory.ts';
import { dayMs } from '../../../libs/domain/day.ts';

const actor = { kind: 'system', id: 'test', name: null, address: null, requestId: null } as const;
const target = { id: 'wh-1', scope: null, isMeant: () => true };
const minuteMs = 60_000;
let database: TestDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
  await storeWebhook(database.em, 'wh-1');
});
afterAll(async () => {
  await database.close();
});

test('the newest secret is the one without an end, though a host made the one before it whose clock is ahead', async () => {
  const secretBox = new SecretBox([`box:${Buffer.alloc(32, 1).toString('base64')}`]);
  const shown = { maskHeaders: () => ({}), showTls: () => ({ ca: null, cert: null, key: null }) };
  const store = new WebhookStore({ em: database.em, secretBox, ...shown, perClientMax: () => Promise.resolve(10) });
  const textOf = (id: string) => `whsec_${Buffer.alloc(32, id).toString('base64')}`;
  const rotationTo = (id: string) => ({
    secret: () => ({ id, text: textOf(id) }),
    previousEndAt: new Date(Date.now() + dayMs),
    liveMax: 10,
  });
  const now = new Date();
  await store.rotate(target, rotationTo('ahead'), actor, new Date(now.getTime() + minuteMs));
  await store.rotate(target, rotationTo('newest'), actor, now);
  const ids = async () => (await new WebhookView(database.em).secrets('wh-1')).map(({ id }) => id);
  expect(await ids()).toEqual(['newest', 'ahead']);
  // The signatures of a request are in this order.
  expect(await signing(now)).toEqual(['newest', 'ahead']);
  expect(await store.endSecret(target, 'newest', actor, now)).toEqual({ kind: 'newest' });
  const again = { ...rotationTo('again'), secret: () => ({ id: 'again', text: textOf('newest') }) };
  await store.update(target, (settings) => ({ kind: 'change', settings, rotation: again }), actor, now);
  expect(await ids()).toEqual(['newest', 'ahead']);
  expect(await store.endSecret(target, 'ahead', actor, now)).toEqual({ kind: 'ended' });
  expect(await ids()).toEqual(['newest']);
});

/** As the dispatcher gets them. */
async function signing(now: Date): Promise<string[]> {
  const em = database.em.fork();
  const definition = await readDefinition(em, await em.findOneOrFail(WebhookRow, { id: 'wh-1' }), now);
  return definition.secrets.map(({ id }) => id);
}
