/** Rejected events in PostgreSQL: written once, asked to be sent again, taken by one process at a time. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RejectedEvent } from '../../../libs/domain/event/rejected-event.ts';
import { firstObjectIdAt } from '../../../libs/domain/object-id.ts';
import { ConsumerOffsetStore } from '../../../libs/postgres/consumer-offset-store.ts';
import { RedriveStore } from '../../../libs/postgres/rejections/redrive-store.ts';
import { RejectedEventView } from '../../../libs/postgres/rejections/rejected-event-view.ts';
import { RejectedEventWriter } from '../../../libs/postgres/rejections/rejected-event-writer.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';

const start = Date.parse('2026-03-10T12:00:00Z');
const topic = 'platform.events.rejected';
const actor = { kind: 'api_key', id: 'key_1', name: null, address: null, requestId: null } as const;
let database: TestDatabase;
let store: RedriveStore;
let view: RejectedEventView;

beforeAll(async () => {
  database = await migratedDatabase();
  [store, view] = [new RedriveStore(database.em), new RejectedEventView(database.em)];
  const offsets = new ConsumerOffsetStore(database.em, 'projector');
  const writer = new RejectedEventWriter(database.em, offsets);
  await offsets.positions([{ topic, partition: 0 }]);
  await writer.write([0, 1, 2, 3].map(rejected), [{ topic, partition: 0, from: 0, to: 4 }]);
  // From its place again, as after a topic was read anew.
  await writer.write([3].map(rejected), [{ topic, partition: 0, from: 4, to: 5 }]);
});
afterAll(async () => {
  await database.close();
});

function rejected(offset: number): RejectedEvent {
  const rejectedAtMs = start + offset * 1_000;
  const source = {
    sourceTopic: offset < 2 ? 'shop.orders' : 'platform.events',
    sourcePartition: 0,
    sourceOffset: offset,
  };
  return {
    ...{ id: firstObjectIdAt('rejected', rejectedAtMs).padEnd(35, '0'), rejectedAtMs, partition: 0, offset, ...source },
    ...{
      reason: 'missing_id',
      detail: 'no\0 id',
      sourceAtMs: start,
      key: null,
      value: '{}',
      valueState: 'whole',
      valueBytes: 2,
    },
    ...{ redriveCount: 0, refusal: offset === 1 ? 'it is not an event of a platform' : null },
  };
}

const idOf = (offset: number) => rejected(offset).id;
const listed = async (filter: Parameters<RejectedEventView['list']>[0] = {}) =>
  (await view.list(filter, { limit: 50, after: null })).items.map(({ offset }) => offset);

test('each is there once, and found by what it is', async () => {
  expect(await listed()).toEqual([3, 2, 1, 0]);
  expect(await listed({ sourceTopic: 'shop.orders', reason: ['missing_id'], redrive: ['none'] })).toEqual([1, 0]);
  expect(await listed({ from: new Date(start + 1_000), to: new Date(start + 3_000) })).toEqual([2, 1]);
  expect(await listed({ reason: ['missing_type', 'unparsable'] })).toEqual([]);
});

test('what is asked for falls due at its pace, is taken once, comes again when nobody says what became of it, and is audited', async () => {
  const request = { filter: {}, pacePerSecond: 1, isDryRun: true };
  expect(await store.request(request, actor, new Date())).toEqual({ matched: 4, refused: 1, hasMore: false });
  expect(await store.dueInMs()).toBeNull();
  await store.request({ ...request, isDryRun: false }, actor, new Date());
  expect(await listed({ redrive: ['waiting'] })).toEqual([3, 2, 0]);
  // It fits no longer: nobody asks twice by a mistake.
  expect(await store.request({ ...request, isDryRun: true }, actor, new Date())).toMatchObject({
    matched: 1,
    refused: 1,
  });
  const [spread] = await database.rows<{ first: string; last: string; ms: number }>(
    `select min(id) as first, max(id) as last, extract(epoch from max(redrive_at) - min(redrive_at))::float8 * 1000 as ms
    from rejected_event where redrive_at is not null`,
  );
  expect(spread).toEqual({ first: idOf(0), last: idOf(3), ms: 3_000 });
  const [audited] = await database.rows(
    `select action, object_id, after from audit_entry where action like 'rejected%'`,
  );
  expect(audited).toMatchObject({ object_id: 'several', after: { matched: 4, refused: 1, pacePerSecond: 1 } });

  await database.rows(`update rejected_event set redrive_at = now() - interval '1 s' where redrive_at is not null`);
  const taken = (await Promise.all([store.takeDue(), store.takeDue()])).flat();
  expect(taken.map(({ offset }) => offset).sort()).toEqual([0, 2, 3]);
  expect(await store.takeDue()).toEqual([]);
  // Kafka may still take them.
  await database.rows(`update rejected_event set redrive_at = now() where redrive_at is not null`);
  await store.putOff(taken.map(({ id }) => id));
  await store.putOff([idOf(1)]);
  expect([await store.takeDue(), await listed({ redrive: ['waiting'] })]).toEqual([[], [3, 2, 0]]);
  await store.settle([
    { id: idOf(0), problem: null },
    { id: idOf(2), problem: 'gone' },
  ]);
  const states = (await view.list({}, { limit: 50, after: null })).items.map((one) => [
    one.redriveState,
    one.redriveProblem,
  ]);
  expect(states).toEqual([
    ['waiting', null],
    ['failed', 'gone'],
    ['none', null],
    ['sent', null],
  ]);
  await database.rows(
    `update rejected_event set redrive_at = redrive_at - interval '1 min' where redrive_at is not null`,
  );
  expect((await store.takeDue()).map(({ offset }) => offset)).toEqual([3]);
  await store.settle([{ id: idOf(3), problem: null }]);
});

test('one process at a time takes them, in the order in which they are due', async () => {
  const turns: boolean[] = [];
  const isTurn = await store.alone(async (keep) => {
    turns.push(await new RedriveStore(database.em).alone(() => Promise.reject(new Error('it is not its turn'))));
    await database.rows(`update rejected_event set redrive_at = now() - make_interval(secs => partition + "offset")`);
    expect((await store.takeDue()).map(({ offset }) => offset)).toEqual([3, 2, 1, 0]);
    await keep();
    await store.settle([idOf(0), idOf(3)].map((id) => ({ id, problem: null })));
    await store.settle([{ id: idOf(2), problem: 'gone' }]);
    await database.rows(`update rejected_event set redrive_at = null`);
  });
  expect([isTurn, ...turns]).toEqual([true, false]);
  expect(await store.alone(() => Promise.resolve())).toBe(true);
});

test('a filter means what was not sent, ids mean what they name', async () => {
  const counts = async (which: object) =>
    (await store.request({ ...which, pacePerSecond: 1, isDryRun: true }, actor, new Date())).matched;
  expect(await counts({ filter: { sourceTopic: 'platform.events' } })).toBe(1);
  expect(await counts({ ids: [idOf(0), idOf(3), 're_nobody'] })).toBe(2);
});
