/** What one client may have of the memory of a dispatcher, and what is left for the others. */
import { expect, test } from '@jest/globals';
import type { PartitionLease } from '../../libs/kafka/record.ts';
import { go } from './gate/admission.ts';
import { BufferBudget } from './gate/buffer-budget.ts';
import type { LaneItem } from './lanes/lane-item.ts';
import type { Running } from './lanes/lane.ts';
import { Lanes } from './lanes/lanes.ts';
import type { Partition } from './partition.ts';

const mebibyte = 1_024 * 1_024;
const partition = { appends: { oldestMs: () => 0, bytes: 0, records: 0 } } as unknown as Partition;
const lease = {} as PartitionLease;

/** What is counted is their length. */
const bodies = new Map<number, Buffer>();

function item(offset: number, bytes: number, source: LaneItem['source'] = 'main'): LaneItem {
  const value = bodies.get(bytes) ?? Buffer.alloc(bytes);
  bodies.set(bytes, value);
  return { partition, lease, offset, source, value, writtenAt: 0, addedAt: 0, name: null, notBefore: 0 };
}

/** The defaults of a dispatcher; a webhook is named after its client: `client/number`. */
class World {
  readonly budget = new BufferBudget(128 * mebibyte, () => 0);
  readonly running: Running[] = [];
  readonly started = new Set<string>();
  readonly parked = new Set<string>();
  readonly lanes: Lanes;

  constructor() {
    this.lanes = new Lanes({
      maxInFlight: 512,
      maxSlow: 4_096,
      slowAfterMs: 500,
      laneRecordsMax: 500,
      laneBytesMax: 4 * mebibyte,
      divertAfterMs: 2_000,
      unacknowledgedMsMax: 1_000,
      budget: this.budget,
      mayStart: () => true,
      clientOf: (webhookId) => webhookId.split('/')[0] ?? '',
      limit: () => 10,
      admit: () => go,
      hasRoom: () => true,
      waitsFor: () => null,
      start: (_item, webhookId, attempt) => {
        this.started.add(webhookId);
        this.running.push(attempt);
      },
      heldBack: () => undefined,
      divert: (webhookId) => this.parked.add(webhookId),
      giveBack: () => undefined,
      roomGrew: () => undefined,
    });
  }

  /** One event for each of its webhooks, as one fetch after the other brings them. */
  send(clientId: string, webhooks: number, bytes: number, source: LaneItem['source'] = 'main'): void {
    for (let index = 0; index < webhooks; index += 1)
      this.lanes.add(`${clientId}/${index}`, item(index, bytes, source));
    this.lanes.run(0);
  }

  endAll(): void {
    for (const attempt of this.running.splice(0)) this.lanes.finish(attempt);
  }
}

test('large payloads of one client leave room to read on, and to begin what others send', () => {
  const world = new World();
  world.send('large', 1_000, 256_000);
  for (const now of [600, 1_200]) world.lanes.sweep(now);
  expect(world.budget.isMainFull).toBe(false);
  expect(world.budget.hasMainRoom).toBe(true);
  world.send('calm', 20, 2_000);
  expect([...world.started].filter((webhookId) => webhookId.startsWith('calm'))).toHaveLength(20);
  // What it has no room for waits where a backlog belongs; a good part is being sent.
  expect(world.parked.size).toBeGreaterThan(800);
  expect(world.lanes.inFlight).toBeGreaterThan(60);
});

test.each([256_000, 20_000])('so do those of ten clients, of %i bytes each', (bytes) => {
  const world = new World();
  for (let client = 0; client < 10; client += 1) world.send(`large${client}`, 1_000, bytes);
  for (const now of [600, 1_200, 1_800]) world.lanes.sweep(now);
  expect(world.budget.isMainFull).toBe(false);
  world.send('calm', 5, 2_000);
  world.send('eleventh', 1, 256_000);
  expect(world.started.has('eleventh/0')).toBe(true);
  expect([...world.started].filter((webhookId) => webhookId.startsWith('calm'))).toHaveLength(5);
});

test('reading goes on while much of the memory is being sent', () => {
  const budget = new BufferBudget(128 * mebibyte, () => 0);
  const client = budget.enter('c');
  for (let offset = 0; offset < 200; offset += 1) {
    budget.add(item(offset, 256_000), client);
    budget.began(item(offset, 256_000));
  }
  const waiting = item(200, 20 * mebibyte);
  budget.add(waiting, client);
  expect(budget.isMainFull).toBe(true);
  expect(budget.hasMainRoom).toBe(false);
  budget.remove(waiting, client);
  expect(budget.hasMainRoom).toBe(true);
});

test('what was read back of one client leaves room for what was parked of others', () => {
  const world = new World();
  world.send('large', 1_000, 20_000, 'parked');
  world.send('large', 1_000, 20_000, 'parked');
  expect(world.lanes.parkedCapacity('large/1')).toBe(0);
  expect(world.lanes.parkedCapacity('large/new')).toBe(0);
  expect(world.lanes.parkedCapacity('calm/1')).toBeGreaterThan(10);
});

test('a client with little in memory always has room, also when many have much', () => {
  const budget = new BufferBudget(128 * mebibyte, () => 0);
  for (let index = 0; index < 12; index += 1) budget.add(item(index, 4 * mebibyte), budget.enter(`c${index}`));
  const small = budget.enter('small');
  expect(budget.hasMainRoomFor(budget.enter('c1'), false)).toBe(false);
  expect(budget.hasMainRoomFor(small, false)).toBe(true);
  budget.add(item(1, mebibyte / 2), small);
  expect(budget.hasMainRoomFor(small, true)).toBe(true);
  budget.add(item(2, mebibyte), small);
  expect(budget.hasMainRoomFor(small, false)).toBe(false);
  expect(budget.hasMainRoomFor(budget.enter(''), false)).toBe(true);
});

test('all of it is given back, and no more than some clients at rest are remembered', () => {
  const world = new World();
  for (let client = 0; client < 3_000; client += 1) world.send(`c${client}`, 1, 1_000);
  while (world.running.length > 0) {
    world.endAll();
    world.lanes.run(0);
  }
  expect(world.started.size).toBe(3_000);
  expect(world.budget.used).toEqual({ main: 0, parked: 0, unacknowledged: 0 });
  expect(world.budget.hasMainRoom).toBe(true);
  const clients = world.budget['clients'];
  expect(clients.size).toBeLessThanOrEqual(1_000);
  for (const client of clients.values()) expect(client).toMatchObject({ lanes: 0, main: 0, parked: 0 });
});
