/**
 * In: partitions whose batch may go to a broker now. Out: produce requests, and which parts of them ended how.
 * Holds: one request under way per broker, bounded in bytes, with one batch of each partition; a request begins
 * `paceMs` after the one before, unless a whole batch waits. A request costs the broker the same whether it brings one
 * record or fifty.
 */
import type { Compression } from '../batch/compression.ts';
import type { PartitionSending } from '../producer/partition-sending.ts';
import { batchBytesMax, type ProduceBatch } from '../consumer/partition-queue.ts';
import type { ProducerClock } from '../producer/producer-clock.ts';
import { NotSentError, produceTimeoutMs, type ProducerLink } from '../producer/producer-link.ts';
import { produceBody, type NumberedBatch, type PartitionAnswer } from '../producer/produce-request.ts';

export interface RequestPart {
  readonly sending: PartitionSending;
  readonly batch: ProduceBatch;
}

export interface BrokerRequestsOptions {
  readonly link: Pick<ProducerLink, 'produce'>;
  readonly clock: ProducerClock;
  readonly paceMs: number;
  readonly compression: Compression;
  /** Parts that another request carries by now are left out. */
  readonly onAnswer: (parts: readonly RequestPart[], answers: readonly PartitionAnswer[]) => void;
  readonly onFailure: (parts: readonly RequestPart[], error: unknown) => void;
}

interface Flight {
  readonly parts: readonly RequestPart[];
  readonly startedAt: number;
}

interface Node {
  readonly id: number;
  flight: Flight | null;
  /** Not before, but for a full batch. */
  nextAt: number;
  /** Offered in this round. */
  ready: PartitionSending[];
  readyBytes: number;
}

const requestBytesMax = 4 * 1_024 * 1_024;
/** A request without an answer for so long makes us ask whether its partitions have moved. */
const stalledMs = 1_000;

export class BrokerRequests {
  private readonly options: BrokerRequestsOptions;
  private readonly nodes = new Map<number, Node>();

  constructor(options: BrokerRequestsOptions) {
    this.options = options;
  }

  isBusy(nodeId: number): boolean {
    return (this.nodes.get(nodeId)?.flight ?? null) !== null;
  }

  /** When its next request may begin, but for a whole batch; in monotonic milliseconds. */
  nextAt(nodeId: number): number {
    return this.nodes.get(nodeId)?.nextAt ?? -Infinity;
  }

  /** Nothing happens while a request to this broker is under way: its end begins a new round. */
  offer(nodeId: number, sending: PartitionSending): void {
    let node = this.nodes.get(nodeId);
    if (node === undefined) {
      node = { id: nodeId, flight: null, nextAt: -Infinity, ready: [], readyBytes: 0 };
      this.nodes.set(nodeId, node);
    }
    if (node.flight !== null) return;
    node.ready.push(sending);
    node.readyBytes += sending.queue.bytes;
  }

  /** Sends what was offered. `stalled`: brokers that owe an answer; `lookAt`: when to begin the next round. */
  send(now: number, onSent: (sending: PartitionSending) => void): { stalled: Set<number>; lookAt: number } {
    const stalled = new Set<number>();
    let lookAt = Infinity;
    for (const node of this.nodes.values()) {
      if (node.ready.length > 0) lookAt = Math.min(lookAt, this.sendTo(node, now, onSent));
      if (node.flight === null) continue;
      const stalledAt = node.flight.startedAt + stalledMs;
      if (now < stalledAt) lookAt = Math.min(lookAt, stalledAt);
      else stalled.add(node.id);
    }
    return { stalled, lookAt };
  }

  /** What a broker owes an answer for while another one leads it. */
  misplaced(now: number, leaderOf: (sending: PartitionSending) => number): RequestPart[] {
    const found: RequestPart[] = [];
    for (const { id, flight } of this.nodes.values()) {
      if (flight === null || now < flight.startedAt + stalledMs) continue;
      for (const part of flight.parts) {
        const leader = leaderOf(part.sending);
        if (part.sending.flight === flight && leader >= 0 && leader !== id) found.push(part);
      }
    }
    return found;
  }

  /** Infinity, or until when what is ready may wait for more. */
  private sendTo(node: Node, now: number, onSent: (sending: PartitionSending) => void): number {
    const { ready, readyBytes } = node;
    node.ready = [];
    node.readyBytes = 0;
    if (now < node.nextAt && readyBytes < batchBytesMax) return node.nextAt;
    const parts: RequestPart[] = [];
    let bytes = 0;
    for (const sending of ready) {
      if (bytes >= requestBytesMax) break;
      const batch = sending.queue.batch();
      if (batch === null) continue;
      parts.push({ sending, batch });
      bytes += batch.bytes;
      onSent(sending);
    }
    if (parts.length > 0) {
      node.nextAt = now + this.options.paceMs;
      this.begin(node, { parts, startedAt: now });
    }
    return Infinity;
  }

  private begin(node: Node, flight: Flight): void {
    const { link, onAnswer, onFailure } = this.options;
    node.flight = flight;
    for (const { sending } of flight.parts) sending.begin(flight, node.id, flight.startedAt);
    const isWanted = () => flight.parts.some(({ sending }) => sending.flight === flight);
    link
      .produce(node.id, () => this.bodyOf(flight), isWanted)
      .then(
        (answers) => {
          onAnswer(this.end(node, flight), answers);
        },
        (error: unknown) => {
          onFailure(this.end(node, flight), error);
        },
      );
  }

  private end(node: Node, flight: Flight): RequestPart[] {
    node.flight = null;
    const own = flight.parts.filter(({ sending }) => sending.flight === flight);
    for (const { sending } of own) sending.flight = null;
    return own;
  }

  /** Without those that another request carries by now. */
  private bodyOf(flight: Flight): Buffer {
    const wallMs = this.options.clock.wallMs();
    const batches: NumberedBatch[] = [];
    for (const { sending, batch } of flight.parts) {
      if (sending.flight !== flight) continue;
      const { topic, partition, producerId, epoch, sequence } = sending.queue;
      if (producerId === null) throw new NotSentError('the partition has no producer id');
      const timestampMs = (batch.timestampMs ??= wallMs);
      batches.push({ topic, partition, producerId, epoch, sequence, timestampMs, records: batch.records });
    }
    return produceBody(batches, produceTimeoutMs, this.options.compression);
  }
}
