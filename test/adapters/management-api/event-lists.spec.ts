/** Events as a screen asks for them: with what was decided, with their data, by where they come from, and by any id. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newClient, newWebhook, saidBy, startWorld, type World } from './api-world.ts';
import { seedHistory, type SeedOptions } from './history-seed.ts';
import { traced } from './statement-trace.ts';

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let bob: Awaited<ReturnType<typeof newClient>>;
let webhookId: string;

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
  bob = await newClient(world, 'Bob');
  webhookId = (await newWebhook(world, ann.key)).id;
}, 120_000);

afterAll(async () => {
  await world.close();
});

const seed = (more: Partial<SeedOptions> = {}) =>
  seedHistory(world.env.DATABASE_URL, { clientId: ann.id, webhookId, ...more });

interface Listed {
  readonly id: string;
  readonly decisions?: object;
  readonly data?: unknown;
}

async function list(query: string, key = ann.key): Promise<Listed[]> {
  const answer = await world.ask(`GET /v1/events?${query}`, { key });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body['data'] as Listed[];
}

describe('a list of events', () => {
  test('says of each how it was decided, to a client about its own webhooks', async () => {
    const eventType = 'told.decisions';
    const others = [[bob.id, 'wh_bobs']] as const;
    await seed({ eventType, audience: null, others, disabled: [[ann.id, 'wh_off']] });
    const decisions = async (key: string) =>
      (await list(`type=${eventType}&include=decisions`, key)).map((one) => one.decisions);
    expect(await decisions(ann.key)).toEqual([{ matched: 1, filtered: 0, disabled: 1, held: 0, copy: 0 }]);
    expect(await decisions(bob.key)).toEqual([{ matched: 0, filtered: 1, disabled: 0, held: 0, copy: 0 }]);
    expect(await decisions(world.adminKey)).toEqual([{ matched: 1, filtered: 1, disabled: 1, held: 0, copy: 0 }]);
    expect((await list(`type=${eventType}`))[0]).not.toHaveProperty('decisions');
  });

  test('has their data as it was written, as far as there is room', async () => {
    const eventType = 'told.data';
    const time = Date.now() - 60_000;
    const large = JSON.stringify('x'.repeat(600_000));
    await seed({ eventType, time, data: large });
    await seed({ eventType, time: time + 1, data: large });
    await seed({ eventType, time: time + 2, data: '{"n":12345678901234567890}' });
    const answer = await world.ask(`GET /v1/events?type=${eventType}&include=data`, { key: ann.key });
    expect(answer.text).toContain('"n":12345678901234567890');
    const listed = answer.body['data'] as Listed[];
    expect(listed.map((one) => 'data' in one)).toEqual([true, true, false]);
  });

  test('has the data of fifty of them at most', async () => {
    const eventType = 'told.fifty';
    const time = Date.now() - 120_000;
    const one = { clientId: ann.id, webhookId, eventType, data: '{"n":1}' };
    await seedHistory(world.env.DATABASE_URL, ...Array.from({ length: 53 }, (_, no) => ({ ...one, time: time + no })));
    const listed = await list(`type=${eventType}&include=data&limit=250`);
    expect(listed).toHaveLength(53);
    expect(listed.map((each) => 'data' in each).lastIndexOf(true)).toBe(49);
    expect(listed.filter((each) => 'data' in each)).toHaveLength(50);
  });

  test('is of those from there, about that, or decided so', async () => {
    const eventType = 'told.from';
    const { eventId: a } = await seed({ eventType, source: '/a', subject: 'one', time: Date.now() - 3_000 });
    const { eventId: b } = await seed({ eventType, source: '/b', disabled: [[ann.id, 'wh_off']] });
    const found = async (query: string, key?: string) =>
      (await list(`type=${eventType}&${query}`, key)).map(({ id }) => id);
    expect(await found('source=/a')).toEqual([a]);
    expect(await found('subject=one')).toEqual([a]);
    expect(await found('source=/b&subject=one')).toEqual([]);
    expect(await found('decision=disabled')).toEqual([b]);
    expect(await found('decision=disabled&decision=matched')).toEqual([b, a]);
    expect(await found('decision=filtered', world.adminKey)).toEqual([]);
    const exported = await world.ask(`GET /v1/exports/events?type=${eventType}&source=/a`, { key: ann.key });
    expect((JSON.parse(exported.text) as Listed).id).toBe(a);
  });

  test('shows nobody how it was decided about webhooks of others', async () => {
    const eventType = 'told.nobody';
    await seed({ eventType, audience: null, disabled: [[bob.id, 'wh_bobs']] });
    expect(await list(`type=${eventType}&decision=disabled`)).toEqual([]);
    expect(await list(`type=${eventType}&decision=disabled`, bob.key)).toHaveLength(1);
  });

  test('costs as many statements with many events as with one', async () => {
    const statements = async (limit: number) =>
      (await traced(() => list(`include=data&include=decisions&limit=${limit}`))).statements.length;
    expect(await statements(1)).toBe(await statements(250));
  });
});

describe('a search', () => {
  const hits = async (q: string, key = ann.key) => {
    const answer = await world.ask(`GET /v1/search?q=${encodeURIComponent(q)}`, { key });
    expect(answer.status).toBe(200);
    return (answer.body['data'] as { kind: string; id: string; by: string }[]).map(({ kind, id, by }) => [
      kind,
      id,
      by,
    ]);
  };

  test('finds whatever has the id', async () => {
    const traceId = randomBytes(16).toString('hex');
    const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
    const { eventId, deliveryId } = await seed({ eventId: `evt/${randomUUID()}`, traceparent });
    await seed({ eventId, source: '/another' });
    const replay = await world.ask('POST /v1/replays', { key: ann.key, body: { dryRun: true } });
    const replayId = String(replay.body['id']);
    const event = ['event', eventId];
    expect(await hits(eventId)).toEqual([[...event, 'id'], [...event, 'id']]); // prettier-ignore
    expect(await hits(traceId)).toEqual([[...event, 'trace']]);
    expect(await hits(traceparent)).toEqual([[...event, 'trace']]);
    expect(await hits(deliveryId)).toEqual([['delivery', deliveryId, 'id']]);
    expect(await hits(webhookId)).toEqual([['webhook', webhookId, 'id']]);
    expect(await hits(replayId)).toEqual([['replay', replayId, 'id']]);
    expect(await hits(deliveryId, world.adminKey)).toHaveLength(1);
    for (const id of [eventId, traceId, deliveryId, webhookId, replayId]) {
      expect([id, await hits(id, bob.key)]).toEqual([id, []]);
    }
  });

  test('says of another client’s what it says of nobody’s, by the same statements', async () => {
    const { deliveryId } = await seed();
    const ask = (q: string) => traced(() => world.ask(`GET /v1/search?q=${q}`, { key: bob.key }));
    const foreign = await ask(deliveryId);
    const missing = await ask(deliveryId.replace(/.$/, (last) => (last === '0' ? '1' : '0')));
    expect(saidBy(foreign.answer)).toBe(saidBy(missing.answer));
    expect(foreign.statements).toEqual(missing.statements);
  });
});
