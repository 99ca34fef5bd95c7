/**
 * In: records, and what brokers say of their topics. Out: each record in the queue of its partition, and who leads it.
 * Holds: a record's partition is chosen once, when its topic is known; until then records of a topic wait together, in
 * order.
 */
import { randomInt } from 'node:crypto';
import { RecordRefusedError, TopicForbiddenError } from '../producer/append-error.ts';
import type { PendingAppend, PendingAppends, QueuedRecord } from '../producer/pending-append.ts';
import { PartitionQueue } from './partition-queue.ts';
import { forbiddenMsMax } from '../producer/partition-sending.ts';
import { partitionOfKey } from '../producer/partitioner.ts';
import { isUnknownTopic, verdictOf } from '../producer/produce-verdict.ts';
import type { TopicLeaders } from '../producer/producer-link.ts';

export interface TopicRoute {
  readonly topic: string;
  /** By number of the partition; null while the topic is not known. */
  leaders: readonly number[] | null;
  /** So many times brokers told of its partitions. */
  answers: number;
  /** Of the last answer about it. */
  errorCode: number;
  forbiddenSince: number | null;
  unrouted: QueuedRecord[];
  readonly queues: Map<number, PartitionQueue>;
}

export class TopicRoutes {
  private readonly routes = new Map<string, TopicRoute>();
  private readonly pending: PendingAppends;
  private readonly onQueued: (queue: PartitionQueue, leader: number) => void;

  /** `onQueued` is told of every record that reached the queue of its partition, and who leads that; -1: nobody does. */
  constructor(pending: PendingAppends, onQueued: (queue: PartitionQueue, leader: number) => void) {
    this.pending = pending;
    this.onQueued = onQueued;
  }

  get isEmpty(): boolean {
    return this.routes.size === 0;
  }

  get hasUnrouted(): boolean {
    for (const { unrouted } of this.routes.values()) if (unrouted.length > 0) return true;
    return false;
  }

  get names(): string[] {
    return [...this.routes.keys()];
  }

  [Symbol.iterator](): IterableIterator<TopicRoute> {
    return this.routes.values();
  }

  /** False when its topic is not known yet. */
  add(record: QueuedRecord): boolean {
    let route = this.routes.get(record.topic);
    if (route === undefined) {
      route = {
        topic: record.topic,
        leaders: null,
        answers: 0,
        errorCode: 0,
        forbiddenSince: null,
        unrouted: [],
        queues: new Map(),
      };
      this.routes.set(record.topic, route);
    }
    const { leaders } = route;
    if (leaders === null) route.unrouted.push(record);
    else this.enqueue(route, leaders, record);
    return leaders !== null;
  }

  /** The node that leads it; -1: none now; null: as far as is known there is no such partition. */
  leaderOf({ topic, partition }: PartitionQueue): number | null {
    const leaders = this.routes.get(topic)?.leaders ?? [];
    return leaders[partition] ?? null;
  }

  /** Nobody knows it any more: it was deleted, or not made yet. */
  isMissing(topic: string): boolean {
    return isUnknownTopic(this.routes.get(topic)?.errorCode ?? 0);
  }

  answersAbout(topic: string): number {
    return this.routes.get(topic)?.answers ?? 0;
  }

  update(answers: readonly TopicLeaders[]): void {
    for (const { topic, errorCode, leaders } of answers) {
      const route = this.routes.get(topic);
      if (route === undefined) continue;
      route.errorCode = errorCode;
      // With an error, what was known before is the better guess.
      if (errorCode !== 0 || leaders.length === 0) continue;
      route.leaders = leaders;
      route.answers += 1;
      const { unrouted } = route;
      route.unrouted = [];
      for (const record of unrouted) {
        if (record.append.hasEnded) this.pending.skip(record);
        else this.enqueue(route, leaders, record);
      }
    }
  }

  /** A topic that cannot be, or that this client may not write to for long. */
  refuseHopeless(now: number): void {
    for (const route of this.routes.values()) {
      const { topic, errorCode, unrouted } = route;
      const verdict = verdictOf(errorCode);
      if (verdict !== 'forbidden') route.forbiddenSince = null;
      if (unrouted.length === 0) continue;
      if (verdict === 'invalid') this.refuseUnrouted(route, new RecordRefusedError(`${topic} is not a valid topic`));
      if (verdict !== 'forbidden') continue;
      route.forbiddenSince ??= now;
      if (now - route.forbiddenSince < forbiddenMsMax) continue;
      this.refuseUnrouted(route, new TopicForbiddenError(`not allowed to write to ${topic}`), 'impatient');
    }
  }

  private refuseUnrouted(route: TopicRoute, error: Error, which: 'all' | 'impatient' = 'all'): void {
    const { unrouted } = route;
    const isKept = ({ append }: QueuedRecord) => which === 'impatient' && append.isPatient;
    route.unrouted = unrouted.filter(isKept);
    for (const record of unrouted) if (!isKept(record)) this.pending.refuse(record, error);
  }

  /** Takes the records of an append out that are in no batch. */
  drop(append: PendingAppend): QueuedRecord[] {
    const dropped: QueuedRecord[] = [];
    for (const route of this.routes.values()) {
      const { unrouted } = route;
      route.unrouted = unrouted.filter((record) => record.append !== append);
      for (const record of unrouted) if (record.append === append) dropped.push(record);
      for (const queue of route.queues.values()) if (!queue.isEmpty) dropped.push(...queue.drop(append));
    }
    return dropped;
  }

  refuseAll(error: Error): void {
    for (const route of this.routes.values()) {
      this.refuseUnrouted(route, error);
      for (const queue of route.queues.values()) queue.refuseAll(error);
    }
  }

  private enqueue({ queues }: TopicRoute, leaders: readonly number[], record: QueuedRecord): void {
    const partition = partitionOf(record, leaders);
    let queue = queues.get(partition);
    if (queue === undefined) {
      queue = new PartitionQueue(record.topic, partition, this.pending);
      queues.set(partition, queue);
    }
    queue.push(record);
    this.onQueued(queue, leaders[partition] ?? -1);
  }
}

function partitionOf({ partition, key }: QueuedRecord, leaders: readonly number[]): number {
  if (partition !== null) return partition;
  if (key !== null) return partitionOfKey(key, leaders.length);
  // Any will do, so one that somebody leads: who waits for this record should not wait for a leader.
  const led = [...leaders.keys()].filter((number) => (leaders[number] ?? -1) >= 0);
  return led[randomInt(Math.max(led.length, 1))] ?? randomInt(leaders.length);
}
