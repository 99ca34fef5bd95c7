import { beforeEach, describe, expect, test } from '@jest/globals';
import type { PartitionLease } from '../../../libs/kafka/record.ts';
import type { LaneItem } from '../lanes/lane-item.ts';
import type { Partition } from '../partition.ts';
import { Pings } from './pings.ts';

const lease = { topic: 'webhook.deliveries', partition: 0 } as unknown as PartitionLease;

let started: string[];
let refused: string[];
let mayStart: boolean;
let notBefore: Record<string, number>;
let pings: Pings;

function add(webhookId: string, offset: number, addedAt = 0): void {
  const item: LaneItem = {
    partition: {} as unknown as Partition,
    lease,
    offset,
    source: 'main',
    value: Buffer.alloc(10),
    writtenAt: 0,
    addedAt,
    name: null,
    notBefore: 0,
  };
  pings.add(webhookId, item, addedAt);
}

beforeEach(() => {
  started = [];
  refused = [];
  mayStart = true;
  notBefore = {};
  pings = new Pings({
    clientOf: (webhookId) => webhookId.slice(0, 1),
    mayStart: () => mayStart,
    notBefore: (webhookId, _, now) => ((notBefore[webhookId] ?? 0) > now ? (notBefore[webhookId] ?? 0) : null),
    start: ({ offset }, webhookId) => started.push(`${webhookId} ${offset}`),
    refuse: ({ offset }, webhookId) => refused.push(`${webhookId} ${offset}`),
  });
});

describe('pings', () => {
  test('of one webhook are made one after the other, and few wait', () => {
    for (let offset = 0; offset < 7; offset += 1) add('a1', offset);
    expect(started).toEqual(['a1 0']);
    expect(refused).toEqual(['a1 5', 'a1 6']);
    expect([pings.hasRoom('a1'), pings.hasRoom('a2')]).toEqual([false, true]);
    pings.ended('a1', 10);
    expect(started).toEqual(['a1 0', 'a1 1']);
  });

  test('of one client leave places for those of others', () => {
    for (let webhook = 0; webhook < 150; webhook += 1) add(`a${webhook}`, webhook);
    expect(started).toHaveLength(64);
    add('b1', 1_000);
    expect(started.at(-1)).toBe('b1 1000');
    pings.ended('a0', 10);
    expect(started.at(-1)).toBe('a64 64');
  });

  test('that wait for too long are refused, those of others are made meanwhile', () => {
    for (let webhook = 0; webhook < 70; webhook += 1) add(`a${webhook}`, webhook);
    pings.sweep(19_999);
    expect(refused).toEqual([]);
    pings.sweep(20_000);
    expect(refused).toHaveLength(6);
    pings.ended('a0', 20_001);
    expect(started).toHaveLength(64);
    add('a0', 100, 20_002);
    expect(started.at(-1)).toBe('a0 100');
  });

  test('are neither made nor refused while what is done cannot be reported', () => {
    mayStart = false;
    add('a1', 1);
    pings.sweep(60_000);
    expect([started, refused]).toEqual([[], []]);
    mayStart = true;
    add('a2', 2, 60_000);
    pings.sweep(60_000);
    expect(started).toContain('a2 2');
  });

  test('that are too many for a webhook are refused once that can be reported, not before', () => {
    mayStart = false;
    for (let offset = 0; offset < 7; offset += 1) add('a1', offset);
    pings.sweep(10);
    expect([started, refused]).toEqual([[], []]);
    mayStart = true;
    pings.sweep(20);
    expect(started).toEqual(['a1 0']);
    expect(refused).toEqual(['a1 5', 'a1 6']);
    mayStart = false;
    for (let offset = 10; offset < 200; offset += 1) add('a1', offset);
    expect((pings['lanes'].get('a1') as { queue: { length: number } }).queue.length).toBe(100);
  });

  test('wait for a definition that is on its way', () => {
    notBefore = { a1: 50 };
    add('a1', 1);
    add('a2', 2);
    pings.sweep(49);
    expect(started).toEqual(['a2 2']);
    pings.sweep(50);
    expect(started).toEqual(['a2 2', 'a1 1']);
  });

  test('of a partition that goes are forgotten, and cost nothing when all is done', () => {
    for (const offset of [1, 2]) add('a1', offset);
    pings.drop(new Set([lease]));
    pings.ended('a1', 10);
    expect(started).toEqual(['a1 1']);
    expect(pings.inFlight).toBe(0);
    expect((pings['lanes'] as ReadonlyMap<string, unknown>).size).toBe(0);
  });
});
