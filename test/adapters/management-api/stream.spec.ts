/** The live stream over a real connection: whose outcomes come, from where on, and when it ends. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OutcomeStreams } from '../../../apps/management-api/stream/outcome-streams.ts';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';
import { Registry } from '../../../libs/wire/registry.ts';
import { topics } from '../../../libs/wire/topics.ts';
import { until } from '../../support/until.ts';
import { newClient, startWorld, type World } from './api-world.ts';

let world: World;
let url: string;
let codec: AvroCodec<DeliveryOutcome>;
let ann: Awaited<ReturnType<typeof newClient>>;
let bob: Awaited<ReturnType<typeof newClient>>;

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
  bob = await newClient(world, 'Bob');
  await world.app.listen(0, '127.0.0.1');
  url = await world.app.getUrl();
  const { SCHEMA_REGISTRY_URL, TOPIC_PREFIX } = world.env;
  const login = { username: null, password: null };
  codec = await new Registry({ url: SCHEMA_REGISTRY_URL, ...login, topicPrefix: TOPIC_PREFIX }).codec(topics.outcomes);
}, 120_000);

afterAll(async () => {
  await world.close();
});

/** Webhooks of a client; their outcomes are in different partitions. */
const webhooks = ['wh_1', 'wh_2', 'wh_3', 'wh_4'];

/** One outcome for each of so many deliveries, acknowledged; their ids. */
async function happen(clientId: string, count: number, more: Partial<DeliveryOutcome> = {}): Promise<string[]> {
  const made = Array.from({ length: count }, (_, index): DeliveryOutcome => ({
    deliveryId: randomUUID(),
    webhookId: webhooks[index % webhooks.length] ?? '',
    clientId,
    eventId: randomUUID(),
    eventType: 'order.created',
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    status: 'delivered',
    reason: null,
    startedAt: Date.now(),
    latencyMs: 12,
    requestHeaders: {},
    responseCode: 200,
    responseHeaders: {},
    responseBodySample: null,
    responseBodyTruncated: false,
    errorKind: null,
    errorMessage: null,
    nextAttemptAt: null,
    deliveryCreatedAt: Date.now(),
    disableWebhook: null,
    targetVersion: null,
    traceparent: null,
    ...more,
  }));
  const topic = world.env.TOPIC_PREFIX + topics.outcomes.name;
  await world.app
    .get(RecordSink)
    .append(made.map((outcome) => ({ topic, key: outcome.webhookId, value: codec.encode(outcome) })));
  return made.map(({ deliveryId }) => deliveryId);
}

async function listen(key: string, { lastEventId = '', query = '' } = {}) {
  const abort = new AbortController();
  const response = await fetch(`${url}/v1/stream${query}`, {
    headers: { authorization: `Bearer ${key}`, ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }) },
    signal: abort.signal,
  });
  const heard: { id: string; deliveryId: string; data: Record<string, unknown> }[] = [];
  const gaps: { from: string | null; until: string }[] = [];
  let hasEnded = false;
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString('utf8');
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [, gap] = /^event: gap\ndata: (.*)$/m.exec(event) ?? [];
        if (gap !== undefined) gaps.push(JSON.parse(gap) as (typeof gaps)[number]);
        const [, id = '', json] = /^id: (.*)\nevent: outcome\ndata: (.*)$/m.exec(event) ?? [];
        if (json === undefined) continue;
        const data = JSON.parse(json) as Record<string, unknown>;
        heard.push({ id, deliveryId: String(data['deliveryId']), data });
      }
    }
    hasEnded = true;
  })().catch(() => undefined);
  return {
    response,
    heard,
    gaps,
    ids: () => heard.map(({ deliveryId }) => deliveryId),
    hasEnded: () => hasEnded,
    untilHeard: (count: number) => until(() => heard.length >= count, { timeoutMs: 15_000, what: `${count} events` }),
    leave: async () => {
      abort.abort();
      await reading;
    },
  };
}

describe('a stream', () => {
  test('brings the outcomes of the caller’s webhooks as they happen, and nobody else’s', async () => {
    const stream = await listen(ann.key);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await happen(bob.id, 3);
    await happen(ann.id, 1, { kind: 'ping', trigger: 'probe' });
    const ids = await happen(ann.id, 6);
    await stream.untilHeard(6);
    expect(stream.ids().sort()).toEqual([...ids].sort());
    expect(stream.heard[0]?.data).toMatchObject({ clientId: ann.id, outcome: 'delivered', latencyMs: 12, error: null });
    await stream.leave();
  });

  test('is narrowed by webhook and outcome', async () => {
    const stream = await listen(world.adminKey, {
      query: `?clientId=${bob.id}&webhookId=wh_2&outcome=failed_permanent`,
    });
    await happen(bob.id, 4);
    await happen(ann.id, 4, { status: 'failed_permanent', reason: 'exhausted', responseCode: 503 });
    const ids = await happen(bob.id, 4, { status: 'failed_permanent', reason: 'exhausted', responseCode: 503 });
    await stream.untilHeard(1);
    expect(stream.ids()).toEqual([ids[1]]);
    await stream.leave();
  });

  test('goes on behind the last id: what happened meanwhile comes once, then what is live', async () => {
    const first = await listen(ann.key);
    await happen(ann.id, 8);
    await first.untilHeard(8);
    // In the middle, as if the rest had been lost on the way.
    const { id: lastEventId = '' } = first.heard[4] ?? {};
    const rest = first.ids().slice(5);
    await first.leave();
    const missed = await happen(ann.id, 2_000);
    const second = await listen(ann.key, { lastEventId });
    const live = await happen(ann.id, 8);
    await second.untilHeard(3 + 2_000 + 8);
    const more = await happen(ann.id, 4);
    await second.untilHeard(3 + 2_000 + 8 + 4);
    expect(second.ids().sort()).toEqual([...rest, ...missed, ...live, ...more].sort());
    // Those of a webhook in the order in which they happened.
    const ofOne = second.heard.filter(({ data }) => data['webhookId'] === 'wh_1').map(({ deliveryId }) => deliveryId);
    const happened = [missed, live, more].flatMap((ids) => ids.filter((_, index) => index % 4 === 0));
    expect(ofOne.slice(-happened.length)).toEqual(happened);
    expect(second.gaps).toEqual([]);
    await second.leave();
  });

  test('after an id of a topic that was since made anew, goes on with what is live', async () => {
    const first = await listen(ann.key);
    await happen(ann.id, 8);
    await first.untilHeard(8);
    const { id = '' } = first.heard[7] ?? {};
    await first.leave();
    const ahead = id.replaceAll(/(^|\.)([0-9a-z]{1,5})-[0-9a-z]+/g, '$1$2-zzz');
    const second = await listen(ann.key, { lastEventId: ahead });
    const live = await happen(ann.id, 8);
    await second.untilHeard(8);
    expect(second.ids().sort()).toEqual([...live].sort());
    // Since then something may have been lost with the topic.
    const [gap] = second.gaps;
    expect(Date.now() - Date.parse(gap?.from ?? '')).toBeLessThan(60_000);
    await second.leave();
  });

  test('that goes on far behind leaves out what is too far, says so, and holds up nobody', async () => {
    const [oldest] = await happen(ann.id, 1);
    for (let part = 0; part < 11; part += 1) await happen(bob.id, 10_000);
    // The reach is counted from what the API itself has read.
    const live = await listen(ann.key);
    const recent = await happen(ann.id, 40);
    await until(() => live.heard.length >= 40, { timeoutMs: 60_000, what: 'the API has read all' });
    await live.leave();
    const streams = await Promise.all(Array.from({ length: 10 }, () => listen(ann.key, { lastEventId: '0-0' })));
    // While ten of one client wait for their turns, another caller has its own.
    const other = await listen(world.adminKey, { lastEventId: '0-0', query: `?clientId=${ann.id}` });
    // Where there is room within the reach, some of before come too.
    const isThrough = ({ ids }: typeof other) => {
      const heard = new Set(ids());
      return recent.every((id) => heard.has(id));
    };
    await until(() => isThrough(other) && streams.some(isThrough), { timeoutMs: 90_000 });
    for (const stream of [other, ...streams.filter(isThrough)]) {
      expect(stream.ids()).not.toContain(oldest);
      expect(stream.gaps).toEqual([{ from: '1970-01-01T00:00:00.000Z', until: expect.any(String) }]);
    }
    await Promise.all([...streams, other].map((stream) => stream.leave()));
  }, 120_000);

  test('ends within seconds when its key is revoked', async () => {
    const { body } = await world.ask(`POST /v1/clients/${ann.id}/api-keys`, { body: { name: 'x', role: 'client' } });
    const stream = await listen(String(body['key']));
    const other = await listen(ann.key);
    await world.ask(`DELETE /v1/clients/${ann.id}/api-keys/${String(body['id'])}`);
    await until(stream.hasEnded, { timeoutMs: 5_000, what: 'the end of the stream' });
    expect(other.hasEnded()).toBe(false);
    await other.leave();
  });

  test('is refused beyond 25 of a client, with whatever key, and possible again when one has left', async () => {
    const open = await Promise.all(Array.from({ length: 25 }, () => listen(bob.key)));
    expect(open.map(({ response }) => response.status)).toEqual(open.map(() => 200));
    const { body } = await world.ask(`POST /v1/clients/${bob.id}/api-keys`, { body: { name: 'x', role: 'client' } });
    const refused = await listen(String(body['key']));
    expect([refused.response.status, refused.response.headers.get('retry-after')]).toEqual([429, '5']);
    await open[0]?.leave();
    await until(
      async () => {
        const again = await listen(bob.key);
        await again.leave();
        return again.response.status === 200;
      },
      { timeoutMs: 5_000 },
    );
    await Promise.all(open.map((stream) => stream.leave()));
  });

  test('does not begin after an id that is none', async () => {
    const { response } = await listen(ann.key, { lastEventId: 'nonsense' });
    expect(response.status).toBe(422);
    expect((await listen(ann.key, { query: '?webhook=x' })).response.status).toBe(422);
  });

  test('ends when the process stops', async () => {
    const stream = await listen(ann.key);
    world.app.get(OutcomeStreams).close();
    await until(stream.hasEnded, { timeoutMs: 5_000 });
  });
});
