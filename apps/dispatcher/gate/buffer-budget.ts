/**
 * In: what comes into the memory of the process and leaves it. Out: how much of it one client and one webhook may use, and
 * whether more may come.
 * Holds: half of the budget is for deliveries from the main lane and what Kafka has not acknowledged, half for those
 * that were read back from the parked lane, so neither keeps the other from going on; webhooks that are slow to answer
 * share a half of each half, so there is room for the others however many they are; clients share three quarters of what
 * there is, so that the main topic is read on whatever any of them sends.
 *
 * A client may use three times what is free, and a webhook an eighth of it (dynamic thresholds, Choudhury and Hahne 1998):
 * all it wants while there is plenty, less the more want it, and never nothing because others came first. A client that
 * holds little always has room. No I/O and no clock in here.
 */
import type { Pace } from '../lanes/lane.ts';
import type { LaneItem } from '../lanes/lane-item.ts';

/** What an item needs beside its bytes: the objects that hold it, rounded up. */
const itemBytes = 400;
/** Assumed while nothing is known. */
const usualBytes = 2_048;
const shareOfFree = 1 / 8;
/** Of what is free to clients: alone one has three quarters of it. */
const clientShareOfFree = 3;
/** Of a half. The rest is for what Kafka has not acknowledged, and for clients that hold little. */
const sharedByClients = 3 / 4;
/** Of a half: a client that holds less has room. */
const little = 1 / 64;
/** Clients at rest that are remembered, so that the next delivery of each makes no object. */
const restingMax = 1_000;

/** What one client has in memory. */
export interface ClientMemory {
  readonly clientId: string;
  /** Of its webhooks. */
  lanes: number;
  main: number;
  parked: number;
}

export class BufferBudget {
  private readonly half: number;
  private readonly unacknowledgedBytes: () => number;
  private readonly bytes = { main: 0, parked: 0 };
  private readonly items = { main: 0, parked: 0 };
  /** Of the main lane, and being sent. */
  private flyingBytes = 0;
  private readonly clients = new Map<string, ClientMemory>();
  /** Bytes that attempts may hold together, by their places: reading must not wait for them. */
  readonly attemptBytes: Readonly<Record<Pace, number>>;

  constructor(bytesMax: number, unacknowledgedBytes: () => number) {
    this.half = bytesMax / 2;
    this.unacknowledgedBytes = unacknowledgedBytes;
    this.attemptBytes = { unknown: this.half / 8, quick: this.half / 4, slow: this.half / 2 };
  }

  /** Bytes in memory, by what they wait for. */
  get used(): { readonly main: number; readonly parked: number; readonly unacknowledged: number } {
    return { ...this.bytes, unacknowledged: this.unacknowledgedBytes() };
  }

  /** A webhook of this client has a lane from now on. Null while nobody knows whose it is. */
  enter(clientId: string): ClientMemory | null {
    if (clientId === '') return null;
    let client = this.clients.get(clientId);
    if (client === undefined) {
      client = { clientId, lanes: 0, main: 0, parked: 0 };
      this.clients.set(clientId, client);
    }
    client.lanes += 1;
    return client;
  }

  /** Its lane is empty, and gone. */
  leave(client: ClientMemory | null): void {
    if (client === null) return;
    client.lanes -= 1;
    if (client.lanes === 0 && this.clients.size > restingMax) this.clients.delete(client.clientId);
  }

  add({ source, value }: LaneItem, client: ClientMemory | null): void {
    this.count(source, value.length + itemBytes, client);
    this.items[source] += 1;
  }

  remove({ source, value }: LaneItem, client: ClientMemory | null): void {
    this.count(source, -value.length - itemBytes, client);
    this.items[source] -= 1;
  }

  /** It is being sent, and stays in memory meanwhile. */
  began({ source, value }: LaneItem): void {
    if (source === 'main') this.flyingBytes += value.length + itemBytes;
  }

  ended(item: LaneItem, client: ClientMemory | null): void {
    if (item.source === 'main') this.flyingBytes -= item.value.length + itemBytes;
    this.remove(item, client);
  }

  /** False: what comes for this client goes where its backlog is. Always true while it holds little. */
  hasMainRoomFor(client: ClientMemory | null, isSlow: boolean): boolean {
    return client === null || client.main < this.half * little || this.roomOf('main', client.main, isSlow) > 0;
  }

  /** Bytes that one webhook may use; 0 when there is nothing left for such as this one. */
  shareOf(source: LaneItem['source'], isSlow: boolean): number {
    const max = isSlow ? this.half / 2 : this.half;
    const used = source === 'main' ? this.bytes.main + this.unacknowledgedBytes() : this.bytes.parked;
    return Math.max(0, max - used) * shareOfFree;
  }

  /**
   * Parked records that one webhook may have in memory: what its share has room for, and that of its client; one as long as
   * it has any.
   */
  parkedRecords(isSlow: boolean, clientId: string): number {
    const share = this.shareOf('parked', isSlow);
    if (share === 0) return 0;
    const held = this.clients.get(clientId)?.parked ?? 0;
    const room = this.roomOf('parked', held, isSlow);
    if (room <= 0) return held < this.half * little ? 1 : 0;
    const usual = this.items.parked === 0 ? usualBytes : this.bytes.parked / this.items.parked;
    return Math.max(1, Math.floor(Math.min(share, room) / usual));
  }

  /** Parked deliveries of slow webhooks should leave: they can be read again. */
  get isTight(): boolean {
    return this.bytes.parked >= this.half / 2;
  }

  /** Nothing more of the main topic may be read. */
  get isMainFull(): boolean {
    return this.bytes.main + this.unacknowledgedBytes() >= this.half;
  }

  /**
   * It may be read again: a while after it was full, so that it does not stop at each batch. What is being sent may take
   * half a minute: it leaves less room, but is not waited for.
   */
  get hasMainRoom(): boolean {
    const waiting = this.bytes.main - this.flyingBytes + this.unacknowledgedBytes();
    return waiting < ((this.half - this.flyingBytes) * 3) / 4;
  }

  /** Bytes of unacknowledged records that one partition may have before it has to wait, so that it never uses up all. */
  get appendShare(): number {
    return Math.max(0, this.half / 2 - this.unacknowledgedBytes()) * shareOfFree;
  }

  /** False while too much of what was handed to Kafka is not acknowledged: nothing is diverted or begun. */
  get mayAppend(): boolean {
    return this.unacknowledgedBytes() < this.half / 2;
  }

  /** What this client may have there beside what it has. */
  private roomOf(source: LaneItem['source'], held: number, isSlow: boolean): number {
    const max = this.half * sharedByClients * (isSlow ? 0.5 : 1);
    return (max - this.bytes[source]) * clientShareOfFree - held;
  }

  private count(source: LaneItem['source'], bytes: number, client: ClientMemory | null): void {
    this.bytes[source] += bytes;
    if (client !== null) client[source] += bytes;
  }
}
