import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ParkedReason } from '../../../libs/domain/delivery/delivery.ts';
import type { PartitionLease } from '../../../libs/kafka/record.ts';
import { go, hold, waitUntil } from '../gate/admission.ts';
import { BufferBudget } from '../gate/buffer-budget.ts';
import type { LaneItem } from './lane-item.ts';
import type { Partition } from '../partition.ts';
import { PartitionAppends } from '../parked/partition-appends.ts';
import type { Running } from './lane.ts';
import { Lanes } from './lanes.ts';

const lease = { topic: 'webhook.deliveries', partition: 0 } as unknown as PartitionLease;
const partition = partitionOf();

function partitionOf(): Partition {
  return { appends: new PartitionAppends(), log: { mayHaveRoom: () => undefined } } as unknown as Partition;
}

interface Started {
  readonly webhookId: string;
  readonly offset: number;
  readonly attempt: Running;
}

let started: Started[];
let diverted: { webhookId: string; offsets: number[]; reason: ParkedReason }[];
let givenBack: number[];
let heldBack: number[];
let limits: Record<string, number>;
let blockedUntil: Record<string, number>;
let lanes: Lanes;
let budget: BufferBudget;
let unacknowledged: number;
let roomGrew: string[];
let mayStart: boolean;
/** Attempts that may start there; webhooks that are not named have origins of their own. */
let roomAt: Record<string, number>;
let originOf: Record<string, string>;
/** Webhooks that are not named have clients of their own. */
let clients: Record<string, string>;
let asked: number;

function makeLanes(maxInFlight: number): Lanes {
  return new Lanes({
    maxInFlight,
    maxSlow: maxInFlight * 3,
    budget,
    slowAfterMs: 500,
    laneRecordsMax: 5,
    laneBytesMax: 1_000,
    divertAfterMs: 2_000,
    mayStart: () => mayStart,
    unacknowledgedMsMax: 1_000,
    clientOf: (webhookId) => clients[webhookId] ?? `client of ${webhookId}`,
    limit: (webhookId) => limits[webhookId] ?? 1,
    admit: (webhookId, now) => {
      asked += 1;
      const origin = originOf[webhookId];
      if (origin === undefined) {
        const until = blockedUntil[webhookId] ?? 0;
        if (until <= now) return go;
        return until === Infinity ? hold : waitUntil(until);
      }
      if ((roomAt[origin] ?? 0) === 0) return { kind: 'origin', origin };
      roomAt[origin] = (roomAt[origin] ?? 0) - 1;
      return go;
    },
    hasRoom: (origin) => (roomAt[origin] ?? 0) > 0,
    waitsFor: (webhookId) => (webhookId in blockedUntil ? 'breaker' : null),
    start: (item, webhookId, attempt) => {
      started.push({ webhookId, offset: item.offset, attempt });
    },
    heldBack: ({ offset }) => {
      heldBack.push(offset);
    },
    divert: (webhookId, items, reason) => {
      diverted.push({ webhookId, offsets: items.map(({ offset }) => offset), reason });
    },
    giveBack: (_webhookId, items) => {
      givenBack.push(...items.map(({ offset }) => offset));
    },
    roomGrew: (webhookId) => {
      roomGrew.push(webhookId);
    },
  });
}

function item(offset: number, source: LaneItem['source'] = 'main', bytes = 10): LaneItem {
  return {
    partition,
    lease,
    offset,
    source,
    value: Buffer.alloc(bytes),
    writtenAt: offset,
    addedAt: 0,
    name: null,
    notBefore: 0,
  };
}

function finish(index: number): void {
  const attempt = started[index]?.attempt;
  if (attempt !== undefined) lanes.finish(attempt);
}

const names = () => started.map(({ webhookId, offset }) => `${webhookId}${offset}`);

beforeEach(() => {
  started = [];
  diverted = [];
  givenBack = [];
  heldBack = [];
  limits = {};
  blockedUntil = {};
  mayStart = true;
  roomAt = {};
  originOf = {};
  clients = {};
  asked = 0;
  roomGrew = [];
  unacknowledged = 0;
  budget = new BufferBudget(1_000_000, () => unacknowledged);
  lanes = makeLanes(10);
});

describe('turns', () => {
  test('one delivery of a webhook is in flight, in order', () => {
    for (const offset of [1, 2, 3]) lanes.add('a', item(offset));
    lanes.run(0);
    expect(names()).toEqual(['a1']);
    finish(0);
    lanes.run(0);
    expect(names()).toEqual(['a1', 'a2']);
  });

  test('ready webhooks take turns, whoever has more waiting', () => {
    lanes = makeLanes(2);
    for (const offset of [1, 2, 3]) lanes.add('a', item(offset));
    lanes.add('b', item(4));
    lanes.add('c', item(5));
    lanes.run(0);
    finish(0);
    lanes.run(0);
    finish(1);
    lanes.run(0);
    expect(names()).toEqual(['a1', 'b4', 'c5', 'a2']);
  });

  test('a parallel webhook has as many in flight as its limit', () => {
    limits = { a: 2 };
    for (const offset of [1, 2, 3]) lanes.add('a', item(offset));
    lanes.run(0);
    expect(names()).toEqual(['a1', 'a2']);
  });

  test('slow attempts do not use up the places of the others', () => {
    lanes = makeLanes(1);
    lanes.add('slow', item(1));
    lanes.add('fast', item(2));
    lanes.run(0);
    expect(names()).toEqual(['slow1']);
    lanes.sweep(600);
    expect(names()).toEqual(['slow1', 'fast2']);
  });

  test('slow attempts have a bound of their own', () => {
    lanes = makeLanes(1);
    for (let index = 0; index < 10; index += 1) lanes.add(`w${index}`, item(index));
    for (let now = 0; now < 20_000; now += 600) lanes.sweep(now);
    expect(lanes.inFlight).toBe(4);
  });

  test('webhooks that are known to be slow leave places for the others, also after they were forgotten', () => {
    lanes = makeLanes(2);
    const slow = Array.from({ length: 8 }, (_, index) => `slow${index}`);
    for (const webhookId of slow) lanes.add(webhookId, item(1));
    for (let now = 0; now < 5_000; now += 600) lanes.sweep(now);
    expect(lanes.inFlight).toBe(8);
    for (const index of slow.keys()) finish(index);
    expect((lanes['lanes'] as ReadonlyMap<string, unknown>).size).toBe(0);
    for (const webhookId of slow) lanes.add(webhookId, { ...item(2), addedAt: 5_000 });
    for (let now = 5_000; now < 6_900; now += 600) lanes.sweep(now);
    expect(lanes.inFlight).toBe(6);
    lanes.add('well', item(3));
    lanes.run(6_900);
    expect(names().at(-1)).toBe('well3');
    // One that answers quickly again is not slow any more, and a place is taken as soon as there is one.
    finish(8);
    lanes.run(6_900);
    expect(lanes.inFlight).toBe(7);
    expect(names().at(-1)).toMatch(/^slow/);
  });

  test('attempts of slow webhooks hold a quarter of the memory at most', () => {
    const slow = Array.from({ length: 8 }, (_, index) => `slow${index}`);
    for (const webhookId of slow) lanes.add(webhookId, item(1));
    lanes.run(0);
    lanes.sweep(600);
    for (const index of slow.keys()) finish(index);
    for (const webhookId of slow) lanes.add(webhookId, item(2, 'main', 40_000));
    lanes.sweep(700);
    // A quarter of 1,000,000 bytes, and what was begun below that.
    expect(lanes.inFlight).toBe(7);
    lanes.add('well', item(3, 'main', 40_000));
    lanes.run(700);
    expect(names().at(-1)).toBe('well3');
    expect(budget.isMainFull).toBe(false);
  });

  test('nothing starts while what is done cannot be reported', () => {
    mayStart = false;
    lanes.add('a', item(1));
    lanes.run(0);
    expect(names()).toEqual([]);
    mayStart = true;
    lanes.sweep(10);
    expect(names()).toEqual(['a1']);
  });

  test('nothing of a partition starts or is diverted while what was done for it is not acknowledged', () => {
    const bad = partitionOf();
    const append = bad.appends.begin(-1_001, 1, 100);
    for (const offset of [1, 2]) lanes.add('a', { ...item(offset), partition: bad });
    lanes.add('b', item(3));
    for (let now = 0; now <= 5_000; now += 50) lanes.sweep(now);
    expect(names()).toEqual(['b3']);
    expect(diverted).toEqual([]);
    expect(lanes.parkedCapacity('a')).toBe(0);
    bad.appends.end(append);
    limits = { a: 2 };
    lanes.sweep(5_050);
    // They have waited for long enough to leave by now, as they would have with Kafka.
    expect(diverted).toEqual([{ webhookId: 'a', offsets: [1, 2], reason: 'backlog' }]);
  });

  test('a blocked webhook starts when its time has come, and holds nobody', () => {
    blockedUntil = { a: 300 };
    lanes.add('a', item(1));
    lanes.add('b', item(2));
    lanes.run(0);
    expect(names()).toEqual(['b2']);
    blockedUntil = {};
    lanes.sweep(299);
    expect(names()).toEqual(['b2']);
    lanes.sweep(300);
    expect(names()).toEqual(['b2', 'a1']);
  });

  test('a turn that is refused is told once, of what was first, and not again until the next turn', () => {
    blockedUntil = { a: 300 };
    for (const offset of [1, 2, 3]) lanes.add('a', item(offset));
    lanes.run(0);
    lanes.add('a', item(4));
    lanes.sweep(200);
    expect(heldBack).toEqual([1]);
    blockedUntil = { a: 600 };
    lanes.sweep(300);
    expect(heldBack).toEqual([1, 1]);
    blockedUntil = {};
    lanes.sweep(600);
    expect(heldBack).toEqual([1, 1]);
    expect(names()).toEqual(['a1']);
  });

  test('a head that is not due is not held back by anybody', () => {
    lanes.add('a', { ...item(1), notBefore: 300 });
    lanes.run(0);
    expect(heldBack).toEqual([]);
    lanes.sweep(300);
    expect(names()).toEqual(['a1']);
  });
});

test('the oldest of each lane is told by when it was written, of what may be next', () => {
  expect(lanes.oldestWrittenAt('main')).toBeNull();
  blockedUntil = { a: 1_000, b: 1_000 };
  for (const offset of [7, 3]) lanes.add('a', item(offset));
  lanes.add('b', item(2, 'parked'));
  lanes.run(0);
  expect(lanes.oldestWrittenAt('main')).toBe(7);
  expect(lanes.oldestWrittenAt('parked')).toBe(2);
});

describe('diversion', () => {
  test('a webhook over its cap in records goes to the parked lane, oldest first, and what comes later follows', () => {
    for (let offset = 1; offset <= 7; offset += 1) lanes.add('a', item(offset));
    lanes.add('a', item(8));
    expect(diverted).toEqual([
      { webhookId: 'a', offsets: [1, 2, 3, 4, 5], reason: 'backlog' },
      { webhookId: 'a', offsets: [6], reason: 'backlog' },
      { webhookId: 'a', offsets: [7], reason: 'backlog' },
      { webhookId: 'a', offsets: [8], reason: 'backlog' },
    ]);
    expect(lanes.queued).toBe(0);
  });

  test('the cap counts bytes too', () => {
    lanes.add('a', item(1, 'main', 900));
    lanes.add('a', item(2, 'main', 200));
    expect(diverted.flatMap(({ offsets }) => offsets)).toEqual([1, 2]);
  });

  test('a single delivery larger than the cap is still sent', () => {
    lanes.add('a', item(1, 'main', 5_000));
    lanes.run(0);
    expect(names()).toEqual(['a1']);
  });

  test('what waits too long leaves the main lane, with the reason it waits for', () => {
    blockedUntil = { a: 60_000 };
    lanes.add('a', item(1));
    lanes.sweep(1_999);
    expect(diverted).toEqual([]);
    lanes.sweep(2_000);
    expect(diverted).toEqual([{ webhookId: 'a', offsets: [1], reason: 'breaker' }]);
  });

  test('nothing is diverted for its age while nothing may start: another member may have sent it', () => {
    blockedUntil = { a: 60_000 };
    lanes.add('a', item(1));
    mayStart = false;
    lanes.sweep(2_000);
    expect(diverted).toEqual([]);
    mayStart = true;
    lanes.sweep(2_050);
    expect(diverted).toEqual([{ webhookId: 'a', offsets: [1], reason: 'breaker' }]);
  });

  test('once nothing is parked, deliveries are taken directly again', () => {
    lanes.setDiverted('a', 'backlog');
    lanes.add('a', item(1));
    expect(diverted).toHaveLength(1);
    lanes.undivert('a');
    lanes.add('a', item(2));
    lanes.run(0);
    expect(names()).toEqual(['a2']);
  });

  test('parked deliveries of a webhook that stays blocked leave memory', () => {
    lanes.setDiverted('a', 'backlog');
    blockedUntil = { a: 60_000 };
    for (const offset of [1, 2]) lanes.add('a', item(offset, 'parked'));
    lanes.run(0);
    expect(lanes.parkedCapacity('a')).toBe(0);
    lanes.sweep(2_000);
    expect(givenBack).toEqual([1, 2]);
    expect(lanes.queued).toBe(0);
  });

  test('a strict head goes before its successors to the parked lane', () => {
    const order: string[] = [];
    for (const offset of [2, 3]) lanes.add('a', item(offset));
    lanes.divertBehind('a', () => order.push(`head, then ${lanes.queued}`));
    expect(order).toEqual(['head, then 2']);
    expect(diverted).toEqual([{ webhookId: 'a', offsets: [2, 3], reason: 'blocked' }]);
  });
});

describe('memory', () => {
  test('a webhook at rest is forgotten', () => {
    lanes.add('a', item(1));
    lanes.run(0);
    finish(0);
    expect(lanes.parkedCapacity('a')).toBe(5);
    expect(Object.keys(lanes['lanes'] as object)).toEqual([]);
    expect((lanes['lanes'] as ReadonlyMap<string, unknown>).size).toBe(0);
  });

  test('what waits of a revoked partition is forgotten, what is in flight goes on', () => {
    for (const offset of [1, 2]) lanes.add('a', item(offset));
    lanes.run(0);
    lanes.drop(new Set([lease]));
    expect(lanes.queued).toBe(0);
    expect(lanes.inFlight).toBe(1);
    finish(0);
    lanes.run(0);
    expect(names()).toEqual(['a1']);
  });
});

describe('an origin that many webhooks share', () => {
  beforeEach(() => {
    originOf = { a: 'o', b: 'o', c: 'o', x: 'p' };
    roomAt = { o: 1, p: 0 };
  });

  test('serves them in their order as attempts there end, and asks nobody again before', () => {
    for (const [index, webhookId] of ['a', 'b', 'c'].entries()) lanes.add(webhookId, item(index));
    lanes.run(0);
    expect(names()).toEqual(['a0']);
    expect(asked).toBe(3);
    for (let now = 50; now < 1_000; now += 50) lanes.sweep(now);
    expect(asked).toBe(3);
    finish(0);
    roomAt['o'] = 1;
    lanes.run(1_000);
    expect(names()).toEqual(['a0', 'b1']);
    expect(asked).toBe(4);
  });

  test('holds up neither the others nor other origins', () => {
    lanes = makeLanes(3);
    for (const [index, webhookId] of ['x', 'a', 'b', 'd'].entries()) lanes.add(webhookId, item(index));
    lanes.run(0);
    expect(names()).toEqual(['a1', 'd3']);
    roomAt['p'] = 1;
    lanes.run(10);
    expect(names()).toEqual(['a1', 'd3', 'x0']);
  });

  test('takes turns with webhooks that are ready, when both wait for a place', () => {
    lanes = makeLanes(1);
    roomAt['o'] = 0;
    for (const webhookId of ['a', 'b']) for (const offset of [0, 1]) lanes.add(webhookId, item(offset));
    lanes.run(0);
    roomAt['o'] = 4;
    for (const offset of [0, 1, 2]) lanes.add('d', item(offset));
    for (let index = 0; index < 6; index += 1) {
      lanes.run(index);
      finish(index);
    }
    expect(
      names()
        .slice(0, 4)
        .filter((name) => name.startsWith('d')),
    ).toHaveLength(2);
    expect(names()).toHaveLength(6);
  });

  test('keeps what waits for it in the main lane no longer than others do', () => {
    roomAt['o'] = 0;
    lanes.add('a', item(0));
    lanes.run(0);
    lanes.sweep(2_000);
    expect(diverted).toEqual([{ webhookId: 'a', offsets: [0], reason: 'backlog' }]);
    roomAt['o'] = 1;
    lanes.add('a', item(7, 'parked'));
    lanes.run(2_100);
    expect(names()).toEqual(['a7']);
  });

  test('has a few parked records of each in memory, not all that each may have', () => {
    roomAt['o'] = 0;
    lanes.setDiverted('a', 'backlog');
    for (let offset = 0; offset < 20; offset += 1) lanes.add('a', item(offset, 'parked'));
    lanes.run(0);
    expect(lanes.parkedCapacity('a')).toBeLessThanOrEqual(8);
    lanes.sweep(2_000);
    expect(givenBack).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    roomAt['o'] = 1;
    lanes.run(2_100);
    expect(names()).toEqual(['a0']);
  });
});
