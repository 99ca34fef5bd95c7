import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dayMs } from '../../../libs/domain/day.ts';
import { timeSharesOf } from '../../../libs/domain/delivery/delivery-age.ts';
import { statsBuckets } from '../../../libs/domain/delivery/delivery-stats.ts';
import { deliveryIdOf, eventKeyOf, historyIdOf } from '../../../libs/domain/ids.ts';
import type { DeliveryOutcome, OutcomeStatus } from '../../../libs/domain/delivery/outcome.ts';
import { comparePrecedence, latestByPrecedence } from '../../../libs/domain/delivery/outcome-precedence.ts';
import type { DecisionKind, WebhookEvent } from '../../../libs/domain/event/webhook-event.ts';
import { BacklogView } from '../../../libs/postgres/history/backlog-view.ts';
import { ConsumerOffsetStore, OffsetMismatchError } from '../../../libs/postgres/consumer-offset-store.ts';
import { DeliveryAttemptRow } from '../../../libs/postgres/entities/delivery-attempt.ts';
import { DeliveryRow } from '../../../libs/postgres/entities/delivery.ts';
import { EventRow } from '../../../libs/postgres/entities/event.ts';
import { Erasing } from '../../../libs/postgres/erasing/erasing.ts';
import { ClientLeavingStore } from '../../../libs/postgres/erasing/client-leaving-store.ts';
import { EventErasureStore } from '../../../libs/postgres/erasing/event-erasure-store.ts';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { transacted } from '../../../libs/postgres/limits.ts';
import { keepPartitions } from '../../../libs/postgres/housekeeping/partitions.ts';
import { HistoryWriter } from '../../../libs/postgres/history/history-writer.ts';
import { latencyColumns } from '../../../libs/postgres/history/stats-columns.ts';
import { SuspensionStore } from '../../../libs/postgres/webhooks/suspension-store.ts';
import { transitionWebhook } from '../../../libs/postgres/webhooks/webhook-transition.ts';
import { UnstorableError } from '../../../libs/postgres/unstorable-error.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { aDecision, anEvent, anOutcome, noon } from './history-factory.ts';
import { until } from '../../support/until.ts';
import { storeWebhook } from './webhook-factory.ts';

const partition = { topic: 'webhook.delivery-outcomes', partition: 0 };
let database: TestDatabase;
let offsets: ConsumerOffsetStore;
let writer: HistoryWriter;

beforeAll(async () => {
  database = await migratedDatabase();
  offsets = new ConsumerOffsetStore(database.em, 'projector');
  writer = new HistoryWriter(database.em, offsets);
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  const ofErasing = [
    'event_erasure',
    'client_leaving',
    'client_suspension',
    'rejected_event',
    'idempotency_key',
    'published_event',
  ];
  for (const table of ['event', 'delivery', 'delivery_attempt', 'consumer_offset', 'webhook', ...ofErasing]) {
    await database.rows(`delete from ${table}`);
  }
});

/** Without positions: what the rows become is the question. */
function write(events: readonly WebhookEvent[], outcomes: readonly DeliveryOutcome[]): Promise<void> {
  return writer.writeBatch({ events, outcomes, offsets: [] });
}

const keyOf = (deliveryId: string) => historyIdOf(deliveryId, noon);

function deliveryRow(id = keyOf(deliveryIdOf('event-1', 'wh-1'))): Promise<DeliveryRow> {
  return database.em.fork().findOneOrFail(DeliveryRow, { id });
}

describe('an erased event', () => {
  const actor = { kind: 'api_key', id: 'key-1', name: null, address: null, requestId: null } as const;
  const texts = () =>
    database.rows<{ data: string }>(`select encode(data, 'escape') as data from event order by event_key`);

  test('is erased where a projector had it under way, by whichever process goes on', async () => {
    const store = new EventErasureStore(database.em);
    const noted = Promise.withResolvers<undefined>();
    const locked = Promise.withResolvers<undefined>();
    await write([anEvent()], [anOutcome()]);
    const writing = inTransaction(database.em, async (run) => {
      await run(keepPartitions);
      locked.resolve(undefined);
      await noted.promise;
      // Of another day, as a copy may be: read before it was noted.
      await run(
        `insert into event select '019cd3b1-5c00-8000-8000-000000000000', day_time - interval '1 day', event_id, event_type, source,
          subject, client_id, kind, received_at, '"late"', decisions, null, null, null, null from event`,
      );
    });
    await Promise.race([locked.promise, writing]);
    const wanted = { eventId: 'event-1', scope: 'client-1', expiresAt: new Date(noon + dayMs) };
    expect((await store.request(wanted, actor, new Date())).kind).toBe('requested');
    const stepping = new Erasing(database.em).step();
    const waiting = `select 1 from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`;
    const isWaiting = async () => (await database.rows(waiting)).length > 0;
    await until(isWaiting, { timeoutMs: 10_000, everyMs: 20, what: 'the step waits for the projector' });
    noted.resolve(undefined);
    await writing;
    expect(await stepping).toBe('step');
    expect(await texts()).toContainEqual({ data: '"late"' });
    // A process that dies after any step leaves the rest to the next one.
    const steps = [];
    while ((await new Erasing(database.em).step()) === 'step') steps.push(await texts());
    expect(steps.at(-1)).toEqual([{ data: '' }, { data: '' }]);
    expect(await database.rows('select response_body_sample, status from delivery_attempt')).toEqual([
      { response_body_sample: null, status: 'delivered' },
    ]);
    const erasure = await store.find({ eventId: 'event-1', source: '/shop', clientId: 'client-1' });
    expect(erasure?.finishedAt).toEqual(expect.anything());
  });
});

describe('steps of what is long', () => {
  const actor = { kind: 'api_key', id: 'key-1', name: null, address: null, requestId: null } as const;
  const expiresAt = new Date(Date.now() + dayMs);
  const clients = (...ids: string[]) =>
    database.rows(`insert into client (id, name, created_at) select id, id, now() from unnest($1::text[]) id`, [ids]);

  test('events that are erased together wait for the projectors once, and keep no client from leaving', async () => {
    await clients('leaver');
    const store = new EventErasureStore(database.em);
    const eventIds = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    await write(
      eventIds.map((eventId) => anEvent({ eventId })),
      [],
    );
    for (const eventId of eventIds) await store.request({ eventId, scope: null, expiresAt }, actor, new Date());
    await new ClientLeavingStore(database.em).begin('leaver', expiresAt, actor, new Date());
    const erasing = new Erasing(database.em);
    await erasing.step();
    expect(await database.rows(`select count(*)::int as count from event_erasure where stage = 'barrier'`)).toEqual([
      { count: 0 },
    ]);
    const left = () => database.rows('select 1 from client_leaving where finished_at is null');
    for (let steps = 0; (await left()).length > 0 && steps < 30; steps += 1) await erasing.step();
    expect(await left()).toEqual([]);
    expect(await database.rows('select 1 from event_erasure where finished_at is null limit 1')).not.toEqual([]);
    while ((await erasing.step()) === 'step');
  });

  test('who leaves takes its kept answers, and of rejected events those that name it as the client', async () => {
    await clients('order', 'stays');
    await database.rows(`insert into api_key (id, name, role, client_id, hash, prefix, created_at) values
      ('key_order', 'x', 'client', 'order', 'h1', 'p', now()), ('key_stays', 'x', 'client', 'stays', 'h2', 'p', now())`);
    await database.rows(`insert into idempotency_key (owner, key, request_hash, created_at, expires_at) values
      ('key_order', 'a', 'x', now(), now() + interval '1 day'), ('key_stays', 'a', 'x', now(), now() + interval '1 day')`);
    await database.rows(`insert into published_event (owner, event_id, event_time, claimed_at, is_acknowledged, expires_at) values
      ('order', 'e', 'x', now(), true, now() + interval '1 day'), ('stays', 'e', 'x', now(), true, now() + interval '1 day')`);
    const texts = {
      rejected_1: '{"clientid":"stays","type":"order","order":{"no":"order"}}',
      rejected_2: '{"data":{},"clientid": "order"}',
      rejected_3: '{"clientid":"order.2"}',
    };
    await database.rows(
      `insert into rejected_event (id, rejected_at, reason, detail, partition, "offset", value, value_state, value_bytes, redrive_count)
      select id, now(), 'missing_id', '', 0, 1, value, 'whole', 1, 0 from json_each_text($1::json) r (id, value)`,
      [JSON.stringify(texts)],
    );
    await new ClientLeavingStore(database.em).begin('order', expiresAt, actor, new Date());
    const erasing = new Erasing(database.em);
    while ((await erasing.step()) === 'step');
    expect(await database.rows('select id, value from rejected_event order by id')).toEqual(
      Object.entries({ ...texts, rejected_2: null }).map(([id, value]) => ({ id, value })),
    );
    expect(await database.rows('select owner from idempotency_key')).toEqual([{ owner: 'key_stays' }]);
    expect(await database.rows('select owner from published_event')).toEqual([{ owner: 'stays' }]);
  });

  test('a suspended client of which nothing is to be held makes no other wait', async () => {
    const ids = ['idle-1', 'idle-2', 'idle-3'];
    await clients(...ids);
    const suspensions = new SuspensionStore({ em: database.em, deliveryAgeMs: dayMs, mustProve: true });
    for (const id of ids) await suspensions.suspend(id, null, actor, new Date());
    const steps = [];
    for (const _ of [...ids, 'none']) steps.push(await suspensions.step());
    expect(steps).toEqual(['step', 'step', 'step', 'idle']);
  });

  test('what becomes active of a suspended client by itself is held at the next look, and comes back under the rules', async () => {
    const mustProve = { em: database.em, deliveryAgeMs: dayMs, mustProve: true };
    const suspensions = new SuspensionStore(mustProve);
    const disabled = { isActive: false, disabledBy: 'failures', disabledReason: 'x', disabledAt: new Date() } as const;
    await storeWebhook(database.em, 'wh-healed', disabled);
    await suspensions.suspend('client-1', null, actor, new Date());
    while ((await suspensions.step()) === 'step');
    const turn = { kind: 'heal', until: new Date(Date.now() + 60_000), goodPings: 3 } as const;
    await transacted(database.em, (em) => transitionWebhook(em, { id: 'wh-healed', version: 3 }, turn, new Date()));
    expect(await suspensions.step()).toBe('step');
    const [held] = await database.rows<{ paused: boolean }>(
      `select paused_until > now() as paused from webhook where id = 'wh-healed'`,
    );
    expect(held?.paused).toBe(true);

    // Held for too long, and its URL is another one when the client comes back.
    await database.rows(`update webhook set is_active = false, disabled_by = 'operator', disabled_reason = 'client suspended',
      suspension = '{"pausedUntil":null,"isDisabled":true}', verification_pending = true where id = 'wh-healed'`);
    await suspensions.reactivate('client-1', actor, new Date());
    expect(await database.rows(`select is_active, disabled_by from webhook where id = 'wh-healed'`)).toEqual([
      { is_active: false, disabled_by: 'unverified' },
    ]);
  });
});

describe('rows', () => {
  test('#65 an event is stored with its bytes as they came and its decisions by webhook', async () => {
    const disabled = aDecision({ webhookId: 'wh-0', decision: 'disabled', deliveryId: null, format: null });
    const data = Buffer.from('{"b":1,  "a":12.500000000000000001, "text":"\\u0000 é"}');
    await write([anEvent({ data, decisions: [aDecision(), disabled] })], []);
    const key = eventKeyOf(noon, 'client-1', 'event-1');
    const row = await database.em
      .fork()
      .findOneOrFail(EventRow, { eventKey: key, dayTime: new Date(noon) }, { populate: ['data', 'decisions'] });
    expect(Buffer.from(row.data)).toEqual(data);
    expect(row.decisions).toEqual([disabled, aDecision()]);
    expect(row).toMatchObject({ eventId: 'event-1', clientId: 'client-1', sourceOffset: 0, traceparent: null });
  });

  test('a match is a pending delivery until its outcome comes', async () => {
    await write([anEvent()], []);
    expect(await deliveryRow()).toMatchObject({
      status: 'pending',
      attemptCount: 0,
      format: 'json',
      eventKey: eventKeyOf(noon, 'client-1', 'event-1'),
      lastAttemptAt: null,
      createdAt: new Date(noon + 5),
    });
    await write([], [anOutcome()]);
    expect(await deliveryRow()).toMatchObject({ status: 'delivered', attemptCount: 1, lastResponseCode: 200 });
  });

  test('an attempt is stored with all that is known of it', async () => {
    const outcome = anOutcome({
      status: 'failed_retryable',
      reason: 'http',
      responseCode: 503,
      responseBodySample: Buffer.from([0xff, 0x00, 0x41]),
      responseBodyTruncated: true,
      nextAttemptAt: noon + 5_000,
      errorMessage: 'a\0b',
    });
    await write([], [outcome]);
    const row = await database.em.fork().findOneOrFail(DeliveryAttemptRow, { deliveryId: keyOf(outcome.deliveryId) });
    expect(row).toMatchObject({
      round: '',
      attempt: 1,
      status: 'failed_retryable',
      reason: 'http',
      startedAt: new Date(outcome.startedAt),
      nextAttemptAt: new Date(noon + 5_000),
      requestHeaders: outcome.requestHeaders,
      responseHeaders: outcome.responseHeaders,
      responseBodyTruncated: true,
      errorMessage: 'a\ufffdb',
    });
    expect(Buffer.from(row.responseBodySample ?? [])).toEqual(outcome.responseBodySample);
    expect(await deliveryRow()).toMatchObject({ status: 'failed_retryable', nextAttemptAt: new Date(noon + 5_000) });
  });

  test('a ping is found by its delivery id and is no event', async () => {
    await write([], [anOutcome({ kind: 'ping', eventId: 'ping-1' })]);
    expect(await deliveryRow(keyOf(deliveryIdOf('ping-1', 'wh-1')))).toMatchObject({
      kind: 'ping',
      status: 'delivered',
      eventKey: null,
    });
    expect(await database.rows('select 1 from event')).toEqual([]);
  });

  test('a value that no row can hold is told apart from a database that is away', async () => {
    const outcome = { ...anOutcome(), deliveryId: 'no-uuid' };
    await expect(write([], [anOutcome(), outcome])).rejects.toBeInstanceOf(UnstorableError);
    await expect(write([], [anOutcome({ startedAt: 9e15 })])).rejects.toBeInstanceOf(UnstorableError);
    expect(await database.rows('select 1 from delivery')).toEqual([]);
  });

  test('ids and types of any length are taken', async () => {
    const long = 'x'.repeat(20_000);
    await write([anEvent({ eventId: long })], [anOutcome({ eventId: long })]);
    expect(await database.em.fork().count(DeliveryRow, { eventId: long })).toBe(1);
  });
});

test('what waits is counted, with since when, and which attempt is due longest', async () => {
  const view = new BacklogView(database.em);
  expect(await view.read()).toEqual({ pending: 0, retrying: 0, oldestCreatedAt: null, earliestDueAt: null });
  const failed = { status: 'failed_retryable', reason: 'http' } as const;
  await write(
    [anEvent({ webhooks: ['wh-1', 'wh-2', 'wh-3'] }), anEvent({ eventId: 'later', time: noon + 60_000 })],
    [
      anOutcome({ webhookId: 'wh-1' }),
      anOutcome({ webhookId: 'wh-2', ...failed, nextAttemptAt: noon + 90_000 }),
      anOutcome({ webhookId: 'wh-3', ...failed, nextAttemptAt: noon + 30_000 }),
      anOutcome({ webhookId: 'wh-4', eventId: 'ping', kind: 'ping', time: noon - 60_000, ...failed, nextAttemptAt: 1 }),
    ],
  );
  expect(await view.read()).toEqual({
    pending: 1,
    retrying: 2,
    oldestCreatedAt: noon + 5,
    earliestDueAt: noon + 30_000,
  });
  // What waits for a paused webhook is not overdue.
  await storeWebhook(database.em, 'wh-3', { pausedSince: new Date(), pausedUntil: new Date(Date.now() + 3_600_000) });
  const { earliestDueAt } = await view.read();
  await database.rows(`delete from webhook where id = 'wh-3'`);
  expect(earliestDueAt).toBe(noon + 60_005);
});

test('the history says for how many days ahead it has partitions', async () => {
  const view = new BacklogView(database.em);
  expect(await view.daysAhead(Date.now())).toBe(7);
  expect(await view.daysAhead(Date.now() + 8 * dayMs)).toBe(-1);
});

describe('exactly once', () => {
  test('a batch moves its positions with its rows', async () => {
    expect(await offsets.positions([partition])).toEqual([{ ...partition, nextOffset: 0, topicId: null }]);
    await writer.writeBatch({ events: [], outcomes: [anOutcome()], offsets: [{ ...partition, from: 0, to: 7 }] });
    expect(await offsets.positions([partition])).toEqual([{ ...partition, nextOffset: 7, topicId: null }]);
  });

  test('a batch that begins where the position is not writes nothing and tells where it is', async () => {
    await offsets.positions([partition, { ...partition, partition: 1 }]);
    await writer.writeBatch({ events: [], outcomes: [], offsets: [{ ...partition, from: 0, to: 7 }] });
    const late = writer.writeBatch({
      events: [anEvent()],
      outcomes: [anOutcome()],
      offsets: [
        { ...partition, from: 0, to: 9 },
        { ...partition, partition: 1, from: 0, to: 3 },
      ],
    });
    await expect(late).rejects.toBeInstanceOf(OffsetMismatchError);
    await late.catch((error: unknown) => {
      expect((error as OffsetMismatchError).stored).toEqual([
        { ...partition, nextOffset: 7, topicId: null },
        { ...partition, partition: 1, nextOffset: 0, topicId: null },
      ]);
    });
    expect(await database.rows('select 1 from delivery union all select 1 from event')).toEqual([]);
    expect(await offsets.positions([{ ...partition, partition: 1 }])).toMatchObject([{ nextOffset: 0 }]);
  });

  test('of two members that hold the same partition for a moment, one applies each record', async () => {
    await offsets.positions([partition]);
    const rival = new HistoryWriter(database.em, new ConsumerOffsetStore(database.em, 'projector'));
    const results = await Promise.allSettled(
      [writer, rival, writer, rival].map((member, index) =>
        member.writeBatch({
          events: [],
          outcomes: [anOutcome({ attempt: index + 1 })],
          offsets: [{ ...partition, from: 0, to: 1 }],
        }),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await deliveryRow()).toMatchObject({ attemptCount: 1 });
  });

  test('groups keep their positions apart', async () => {
    const monitor = new ConsumerOffsetStore(database.em, 'monitor');
    await offsets.positions([partition]);
    await writer.writeBatch({ events: [], outcomes: [], offsets: [{ ...partition, from: 0, to: 7 }] });
    expect(await monitor.positions([partition])).toMatchObject([{ nextOffset: 0 }]);
  });

  test('writers that touch the same rows in turn do not end in a deadlock', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `event-${index}`);
    const batches = Array.from({ length: 12 }, (_, round) => {
      const order = round % 2 === 0 ? ids : [...ids].reverse();
      return write(
        order.map((eventId) => anEvent({ eventId })),
        order.map((eventId) => anOutcome({ eventId, attempt: 1 + (round % 3) })),
      );
    });
    await Promise.all(batches);
    expect(await database.rows('select distinct attempt_count from delivery')).toEqual([{ attempt_count: 3 }]);
  });
});

describe('any order of arrival', () => {
  const rounds = [
    { round: '', deliveryCreatedAt: noon + 5 },
    { round: 'resend-1', deliveryCreatedAt: noon + 60_000 },
  ];
  const statuses: OutcomeStatus[] = ['delivered', 'failed_retryable', 'failed_permanent'];
  const anyOutcome = fc
    .record({
      eventId: fc.constantFrom('event-1', 'event-2'),
      webhookId: fc.constantFrom('wh-1', 'wh-2'),
      round: fc.constantFrom(...rounds),
      attempt: fc.integer({ min: 1, max: 3 }),
      status: fc.constantFrom(...statuses),
      startedAt: fc.integer({ min: noon, max: noon + 4 }),
      latencyMs: fc.option(fc.integer({ min: 0, max: 2 })),
      responseCode: fc.constantFrom(200, 500, null),
      isOfEarlierVersion: fc.boolean(),
    })
    .map(({ round, isOfEarlierVersion, ...fields }) => {
      const nextAttemptAt = fields.status === 'failed_retryable' ? noon + 9_000 : null;
      const outcome = anOutcome({ ...fields, ...round, nextAttemptAt });
      // Its delivery's id carries the time, and is of the same row.
      return isOfEarlierVersion ? { ...outcome, deliveryId: keyOf(outcome.deliveryId), eventTime: null } : outcome;
    });
  const kinds: DecisionKind[] = ['matched', 'filtered', 'disabled'];
  const anyEvent = fc
    .record({
      eventId: fc.constantFrom('event-1', 'event-2'),
      sourceOffset: fc.integer({ min: 0, max: 3 }),
      kinds: fc.dictionary(fc.constantFrom('wh-1', 'wh-2'), fc.constantFrom(...kinds)),
    })
    .map(({ eventId, sourceOffset, kinds: byWebhook }) =>
      anEvent({
        eventId,
        sourceOffset,
        receivedAt: noon + 10 + sourceOffset,
        data: Buffer.from(`{"offset":${sourceOffset}}`),
        decisions: Object.entries(byWebhook).map(([webhookId, decision]) =>
          aDecision({
            webhookId,
            decision,
            deliveryId: decision === 'matched' ? deliveryIdOf(eventId, webhookId) : null,
            format: decision === 'matched' ? 'json' : null,
          }),
        ),
      }),
    );
  const anyRecords = fc.array(fc.oneof(anyOutcome, anyEvent), { minLength: 1, maxLength: 12 });

  test('leaves the rows that the records stand for', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRecords.chain((records) =>
          fc.tuple(
            fc.shuffledSubarray([...records, ...records.slice(0, 3)], { minLength: Math.min(records.length, 3) }),
            fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 20, maxLength: 20 }),
          ),
        ),
        async ([records, cuts]) => {
          for (const table of ['event', 'delivery', 'delivery_attempt', 'delivery_stats']) {
            await database.rows(`delete from ${table}`);
          }
          const left = [...records];
          for (const cut of cuts) {
            const part = left.splice(0, cut);
            await write(part.filter(isEvent), part.filter(isOutcome));
          }
          await write(left.filter(isEvent), left.filter(isOutcome));
          await expectModel(records);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  async function expectModel(records: readonly (WebhookEvent | DeliveryOutcome)[]): Promise<void> {
    const outcomes = records.filter(isOutcome);
    const events = records.filter(isEvent);
    const matched = events.flatMap(({ decisions }) =>
      decisions.flatMap(({ deliveryId }) => (deliveryId === null ? [] : [keyOf(deliveryId)])),
    );
    const byDelivery = Map.groupBy(outcomes, ({ deliveryId }) => keyOf(deliveryId));
    const rows = await database.em.fork().findAll(DeliveryRow);
    expect(rows.map(({ id }) => id).sort()).toEqual([...new Set([...matched, ...byDelivery.keys()])].sort());
    for (const row of rows) {
      const own = byDelivery.get(row.id) ?? [];
      const standing = latestByPrecedence(own);
      expect(row).toMatchObject({
        status: standing?.status ?? 'pending',
        lastRound: standing?.round ?? null,
        lastAttempt: standing?.attempt ?? null,
        lastLatencyMs: standing?.latencyMs ?? null,
        lastResponseCode: standing?.responseCode ?? null,
        attemptCount: new Set(own.map(({ round, attempt }) => `${round} ${attempt}`)).size,
        format: matched.includes(row.id) ? 'json' : null,
      });
    }
    const attempts = await database.em.fork().findAll(DeliveryAttemptRow);
    for (const attempt of attempts) {
      const made = (byDelivery.get(attempt.deliveryId) ?? []).filter(
        (outcome) => outcome.round === attempt.round && outcome.attempt === attempt.attempt,
      );
      const [shown] = made.sort((a, b) => comparePrecedence(b, a));
      expect({ status: attempt.status, latencyMs: attempt.latencyMs, code: attempt.responseCode }).toEqual({
        status: shown?.status,
        latencyMs: shown?.latencyMs,
        code: shown?.responseCode,
      });
    }
    await expectStats(outcomes);
    await expectEvents(events);
  }

  /** Charts count each attempt once, as the history shows it. */
  async function expectStats(outcomes: readonly DeliveryOutcome[]): Promise<void> {
    const attempts = Map.groupBy(outcomes, (one) => `${keyOf(one.deliveryId)} ${one.round} ${one.attempt}`);
    const shown = [...attempts.values()]
      .flatMap((same) => latestByPrecedence(same) ?? [])
      .map((outcome) => ({ ...outcome, ...timeSharesOf(outcome) }));
    const slots = latencyColumns.map((column) => `sum(${column})::int as ${column}`).join(', ');
    const rows = await database.rows(
      `select client_id as "clientId", (extract(epoch from bucket) * 1000)::float8 as start, webhook_id as "webhookId", sum(delivered)::int as delivered,
        sum(failed_retryable)::int as "failedRetryable", sum(failed_permanent)::int as "failedPermanent", ${slots},
        sum(ours_ms)::float8 as "oursMs", sum(theirs_ms)::float8 as "theirsMs"
       from delivery_stats group by 1, 2, 3 having sum(delivered + failed_retryable + failed_permanent) <> 0
       order by 1, 2, 3`,
    );
    const buckets = statsBuckets(shown).map(({ latencies, ...bucket }) => ({
      ...bucket,
      ...Object.fromEntries(latencyColumns.map((column, index) => [column, latencies[index]])),
    }));
    expect(rows).toEqual(buckets);
  }

  async function expectEvents(events: readonly WebhookEvent[]): Promise<void> {
    const rows = await database.em.fork().findAll(EventRow, { populate: ['data', 'decisions'] });
    const byId = Map.groupBy(events, ({ eventId }) => eventId);
    expect(rows.map(({ eventId }) => eventId).sort()).toEqual([...byId.keys()].sort());
    for (const row of rows) {
      const own = byId.get(row.eventId) ?? [];
      expect(row.sourceOffset).toBe(Math.min(...own.map(({ sourceOffset }) => sourceOffset ?? 0)));
      expect(Buffer.from(row.data).toString()).toBe(`{"offset":${row.sourceOffset ?? ''}}`);
      const decided = own.flatMap(({ decisions }) => decisions);
      const strongest = [...new Set(decided.map(({ webhookId }) => webhookId))].sort().map((webhookId) => {
        const said = decided.filter((decision) => decision.webhookId === webhookId);
        return { webhookId, decision: kinds.find((kind) => said.some(({ decision }) => decision === kind)) };
      });
      expect(row.decisions.map(({ webhookId, decision }) => ({ webhookId, decision }))).toEqual(strongest);
    }
  }
});

function isEvent(record: WebhookEvent | DeliveryOutcome): record is WebhookEvent {
  return 'decisions' in record;
}

function isOutcome(record: WebhookEvent | DeliveryOutcome): record is DeliveryOutcome {
  return !isEvent(record);
}
