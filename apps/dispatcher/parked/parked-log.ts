/**
 * In: the records of one partition of webhook.deliveries.parked, as they are read, in runs of consecutive offsets.
 * Out: which of them to take into memory now, where to read next, and what to commit.
 * Holds: each webhook's records are taken in log order, each once; a webhook without room (or without permission to
 * send) costs neither memory nor reading; what is taken and not complete is read again after a crash.
 *
 * What a `parallel` webhook completes out of order is told too, as far as there is room (parked-rest.ts).
 *
 * A backlog of a million deliveries of one webhook lies in the log, not in memory. A record of a webhook without room
 * is passed over, and `next`, the first offset not taken, is remembered; when the webhook has room again the log is
 * read again from there. So one offset per parked webhook is all the state there is, and it fits the commit's metadata.
 */
import { hash } from 'node:crypto';
import { HashOrder } from '../gate/hash-order.ts';
import type { ParkedWatermarks } from './parked-watermarks.ts';
import { isComplete, knownRest, openFrom, openRest, type KnownRest, type OpenRest } from './parked-rest.ts';
import { decodeParkedState, encodeParkedState, type ParkedCursor } from './parked-state.ts';
import { ParkedRoundRobin } from './parked-round-robin.ts';

export interface ParkedRecord {
  readonly offset: number;
  readonly webhookId: string;
  /** False for one that was not announced by {@link ParkedLog.diverting}. Default: true. */
  readonly isOwn?: boolean;
}

/** Where a parked partition stands when it is assigned. */
export interface ParkedRange {
  /** Position and metadata of the last commit; null when there is none. */
  readonly committed: Commit | null;
  /** First and end offset of the partition at assignment. */
  readonly startOffset: number;
  readonly endOffset: number;
}

interface Commit {
  readonly offset: number;
  readonly metadata: string;
}

interface Entry {
  readonly hash: string;
  /** Null for one restored from a commit until a record of it is read. */
  webhookId: string | null;
  /**
   * Every record of this webhook below this offset is taken. One that follows the run is further: see
   * {@link ParkedLog.reached}.
   */
  next: number;
  /** The highest offset at which this webhook may have a record; untaken ones exist when it is not below `next`. */
  lastSeen: number;
  /** The run in which it was passed over for want of room. */
  skippedInRun: number;
  /** Taken and not complete, ascending. */
  readonly incomplete: Set<number>;
  /** Diverted by this process and not read back yet. */
  pending: number;
  /** Something behind the first incomplete record is complete. */
  hasHoles: boolean;
  /**
   * Which of the records from `next` on are open, as far as that is known: from the commit before this assignment, or because
   * they were taken before and reading goes back behind them.
   */
  rest: KnownRest | null;
  /** Of the first record that is not complete. */
  head: HeadState;
  /** Something is pending, and nothing in the log is untaken: what comes lies at the never-read end. */
  awaitsEnd: boolean;
}

export type HeadState = Pick<ParkedCursor, 'attempt' | 'notBefore'>;

const untried: HeadState = { attempt: 0, notBefore: 0 };

export interface ParkedLogOptions extends ParkedRange {
  /** Records of the webhook that may be in memory at a time; 0 while it may not send or its bytes are used up. */
  capacity(webhookId: string): number;
  /** Nothing of this webhook is parked any more. */
  drained(webhookId: string): void;
}

/** A webhook asks for more of the log when it has room for this many, or half of its capacity: a run has to be worth its reading. */
const roomWorthReading = 64;
/** One commit is under way at a time, and each that goes without an answer is over in some seconds. */
const commitsKept = 8;
/** Plans that a place sought is kept for while nothing of it was read: a fetch takes longer than a sweep. */
const plansWithoutRead = 20;

export class ParkedLog {
  private readonly options: ParkedLogOptions;
  private readonly entries = new Map<string, Entry>();
  private readonly byHash = new HashOrder<Entry>();
  private readonly hashes = new Map<string, string>();
  /** Where the next record is read. */
  private position: number;
  /** Offset from which nothing was ever read by this member. */
  private frontier: number;
  private run = 0;
  private runStart: number;
  private readonly turns = new ParkedRoundRobin<Entry>();
  /** Diverted by this process and not read back yet, of all webhooks. */
  private onTheirWay = 0;
  /** Grows with everything that may change what would be committed. */
  private changes = 0;
  private lastCommit: { readonly commit: Commit; readonly changes: number } | null = null;
  /** For whom the log was moved, while nothing of it was read since. */
  private sought: { readonly entry: Entry; plans: number } | null = null;
  /** Below it a restored webhook may have records; where exactly its last one lies is not known. */
  private readonly restoredEnd: number;
  /** Discovery is over, and who turned out to have nothing parked is forgotten. */
  private isSettled = false;
  /** Of the webhooks that the last commit did not list. */
  private readonly floors: ParkedWatermarks | null;
  private readonly floorsEnd: number;
  private range: ParkedRange;
  /** What {@link commit} last said: one of them is the group's, unless somebody else has committed since. */
  private readonly said: Commit[] = [];

  constructor(options: ParkedLogOptions) {
    this.options = options;
    this.range = options;
    const kept = this.lost === 'all' ? null : options.committed;
    const state = kept === null ? null : decodeParkedState(kept.metadata);
    const committed = Math.max(kept?.offset ?? options.startOffset, options.startOffset);
    this.floors = state?.floors ?? null;
    // What was cut off at the end is written anew, with other records.
    const knownEnd = Math.min(state?.knownEnd ?? 0, options.endOffset);
    this.floorsEnd = this.floors === null ? 0 : knownEnd;
    const isWhole = state !== null && state.floors === null;
    this.frontier = isWhole ? Math.max(knownEnd, committed) : committed;
    this.position = this.frontier;
    this.runStart = this.frontier;
    this.restoredEnd = this.frontier;
    for (const cursor of state?.cursors ?? []) this.restore(cursor, isWhole);
  }

  /**
   * What the log no longer has of what the last commit spoke of: its end (a broker that was behind became leader), or all
   * of it (the topic was made anew).
   */
  get lost(): 'end' | 'all' | null {
    const { committed, endOffset } = this.range;
    if (committed === null) return null;
    if (committed.offset > endOffset) return 'all';
    return committedEnd(committed) > endOffset ? 'end' : null;
  }

  /** How far the log was read here. 0 when somebody else has committed since: then its state is void. */
  readTo(committed: Commit | null): number {
    return this.isOwn(committed) ? this.frontier : 0;
  }

  /**
   * The partition was taken away and given back. When the group's commit is still one of this log, nobody else has done
   * anything, and it goes on where it was; what was read and is to be read again was given back before.
   * @returns false when the state is void
   */
  goesOn(range: ParkedRange): boolean {
    const { committed, startOffset, endOffset } = range;
    if (!this.isOwn(committed) || startOffset > this.lowestNeeded() || endOffset < this.frontier) return false;
    this.range = range;
    this.advanceFollowers();
    this.sought = null;
    this.isSettled = false;
    this.changes += 1;
    this.position = this.frontier;
    this.runStart = this.frontier;
    this.run += 1;
    return true;
  }

  /** True until all that was parked before this assignment is known: the main lane waits for it. */
  get isDiscovering(): boolean {
    return this.frontier < this.range.endOffset;
  }

  /** True when a record at this offset was never read here. */
  isUnread(offset: number): boolean {
    return offset >= this.frontier;
  }

  get parkedWebhooks(): number {
    return this.entries.size;
  }

  /** From the oldest record that is needed to the end of the log, those on their way here included. */
  get recordsAtMost(): number {
    let lowest = this.frontier;
    for (const entry of this.entries.values()) {
      lowest = Math.min(lowest, first(entry.incomplete) ?? this.frontier, this.untakenFrom(entry) ?? this.frontier);
    }
    return this.frontier - lowest + this.onTheirWay;
  }

  get nextPosition(): number {
    return this.position;
  }

  isParked(webhookId: string): boolean {
    return this.entries.size > 0 && this.entries.has(this.hashOf(webhookId));
  }

  /** A delivery of this webhook is on its way to the log. */
  diverting(webhookId: string): void {
    const entry = this.entryOf(webhookId);
    entry.pending += 1;
    this.onTheirWay += 1;
    this.list(entry);
  }

  /** The capacity of this webhook may have grown. Without this it is noticed too, but late. */
  mayHaveRoom(webhookId: string): void {
    const entry = this.entries.get(this.hashOf(webhookId));
    if (entry !== undefined) this.turns.ask(entry);
  }

  /** It will not come: Kafka refused it. */
  refused(webhookId: string): void {
    const entry = this.entries.get(this.hashOf(webhookId));
    if (entry === undefined) return;
    entry.pending -= 1;
    this.onTheirWay -= 1;
    this.list(entry);
    this.forgetIfDrained(entry);
  }

  /**
   * Takes a batch that begins at {@link nextPosition}; `end` is the offset after it.
   * @returns the records to take into memory, in order
   */
  read(records: readonly ParkedRecord[], end: number): readonly ParkedRecord[] {
    const taken = records.filter((record) => this.take(record));
    const isPastRestored = this.position < this.restoredEnd && end >= this.restoredEnd;
    this.position = Math.max(end, this.position);
    this.frontier = Math.max(this.frontier, this.position);
    this.sought = null;
    this.changes += 1;
    if (!this.isSettled && !this.isDiscovering) this.settle();
    else if (isPastRestored) this.advanceFollowers();
    return taken;
  }

  /** Taken but not started: out of memory again, to be read when the webhook may send. `offsets` ascending. */
  giveBack(webhookId: string, offsets: readonly number[]): void {
    const entry = this.entries.get(this.hashOf(webhookId));
    const [lowest] = offsets;
    if (entry === undefined || lowest === undefined) return;
    for (const offset of offsets) entry.incomplete.delete(offset);
    this.rememberFrom(entry, lowest, offsets);
    entry.next = Math.min(entry.next, lowest);
    entry.skippedInRun = this.run;
    this.changes += 1;
    this.list(entry);
  }

  complete(webhookId: string, offset: number): void {
    const entry = this.entries.get(this.hashOf(webhookId));
    if (entry === undefined) return;
    // Only where reading went back may one that is not taken lie before those that are.
    const head = entry.rest === null ? first(entry.incomplete) : this.openOf(entry)?.offset;
    if (head === offset) entry.head = untried;
    else entry.hasHoles = true;
    entry.incomplete.delete(offset);
    entry.rest?.open.delete(offset);
    if (entry.incomplete.size === 0) entry.hasHoles = false;
    this.changes += 1;
    this.turns.ask(entry);
    this.forgetIfDrained(entry);
  }

  /**
   * What is known of the webhook's first record, read or still on its way here, beyond what is written in it: a
   * restart goes on from there.
   */
  noteHead(webhookId: string, head: HeadState): void {
    const entry = this.entries.get(this.hashOf(webhookId));
    if (entry === undefined) return;
    entry.head = head;
    this.changes += 1;
  }

  /** What {@link noteHead} said of this record, also in an earlier life; null when nothing. */
  headAt(webhookId: string, offset: number): HeadState | null {
    const entry = this.entries.get(this.hashOf(webhookId));
    // Few have such a head, and looking for the first passes over all that left before it.
    if (entry === undefined || entry.head.attempt === 0 || first(entry.incomplete) !== offset) return null;
    return entry.head;
  }

  /**
   * Where to read next. Webhooks with room and untaken records take turns, the never-read end of the log among them;
   * reading goes on where it is as long as that serves the one whose turn it is.
   */
  plan(): { readonly offset: number; readonly isSeek: boolean } {
    const target = this.isDiscovering ? this.frontier : this.nextTarget();
    if (target === this.position) return { offset: target, isSeek: false };
    this.advanceFollowers();
    this.position = target;
    this.runStart = target;
    this.run += 1;
    return { offset: target, isSeek: true };
  }

  /**
   * What to commit: nothing below the offset is needed, and the metadata holds the rest. The same object as long as
   * nothing changes.
   */
  commit(): Commit {
    // Floors speak of webhooks of which nothing was read yet: until then nothing else can say so much.
    if (this.frontier < this.floorsEnd) return this.range.committed ?? { offset: this.range.startOffset, metadata: '' };
    const { changes } = this;
    if (this.lastCommit?.changes === changes) return this.lastCommit.commit;
    const cursors: ParkedCursor[] = [];
    let lowest = this.frontier;
    for (const entry of this.byHash.all) {
      const open = this.openOf(entry);
      if (open === null) continue;
      const { attempt, notBefore } = entry.head;
      cursors.push({ hash: entry.hash, attempt, notBefore, ...open });
      lowest = Math.min(lowest, open.offset);
    }
    const metadata = encodeParkedState({ knownEnd: this.frontier, cursors, base: lowest });
    const commit = this.say({ offset: lowest, metadata });
    this.lastCommit = { commit, changes };
    return commit;
  }

  /** True when the commit of the group is the one that this began with, or one that it said itself. */
  private isOwn(committed: Commit | null): boolean {
    if (isSame(committed, this.range.committed)) return true;
    return this.said.some((said) => committed !== null && isSame(said, committed));
  }

  private say(commit: Commit): Commit {
    const last = this.said.at(-1);
    if (last !== undefined && isSame(last, commit)) return last;
    this.said.push(commit);
    if (this.said.length > commitsKept) this.said.shift();
    return commit;
  }

  /** The first record of the webhook that may be open, and what is known of those behind it; null when none is. */
  private openOf(entry: Entry): { readonly offset: number; readonly rest: OpenRest | null } | null {
    const { incomplete, rest } = entry;
    const next = this.reached(entry);
    if (rest === null || next >= rest.end) {
      const offset = first(incomplete) ?? this.untakenFrom(entry);
      return offset === null ? null : { offset, rest: entry.hasHoles ? openRest([...incomplete], next) : null };
    }
    const open = openFrom(rest, next, incomplete);
    return { offset: open[0] ?? rest.end, rest: openRest(open, rest.end) };
  }

  /** Reading goes back to `lowest`: what is complete behind it, or still under way, is not to be taken again. */
  private rememberFrom(entry: Entry, lowest: number, givenBack: readonly number[]): void {
    const { incomplete, next, rest } = entry;
    const isTail = rest === null && [...incomplete].every((offset) => offset < lowest);
    if (isTail && !entry.hasHoles) return;
    const end = Math.max(next, rest?.end ?? 0);
    entry.rest = knownRest([...openFrom(rest, next, incomplete), ...givenBack], end);
  }

  private lowestNeeded(): number {
    let lowest = this.frontier;
    for (const entry of this.entries.values()) lowest = Math.min(lowest, this.untakenFrom(entry) ?? this.frontier);
    return lowest;
  }

  /** Where the first untaken record may be; of one that is on its way, only what is known of it has to be kept. */
  private untakenFrom(entry: Entry): number | null {
    const next = this.reached(entry);
    if (entry.lastSeen >= next) return next;
    return entry.head.attempt === 0 ? null : this.frontier;
  }

  private take(record: ParkedRecord): boolean {
    if (this.wasComplete(record)) return false;
    const isNew = record.offset >= this.frontier;
    // Read before and no longer known: all of this webhook down here is complete.
    if (!isNew && !this.isParked(record.webhookId)) return false;
    const entry = this.entryOf(record.webhookId);
    if (isNew && record.isOwn !== false && entry.pending > 0) {
      entry.pending -= 1;
      this.onTheirWay -= 1;
    }
    // Untaken records can only lie where nothing was read yet, so a webhook without any starts here.
    if (isNew && entry.lastSeen < entry.next) entry.next = Math.max(entry.next, this.runStart);
    entry.lastSeen = Math.max(entry.lastSeen, record.offset);
    const isTaken = this.takeInto(entry, record);
    this.list(entry);
    if (!isTaken) this.forgetIfDrained(entry);
    return isTaken;
  }

  private takeInto(entry: Entry, record: ParkedRecord): boolean {
    if (record.offset < entry.next || entry.skippedInRun === this.run || entry.next < this.runStart) return false;
    if (entry.incomplete.has(record.offset) || isComplete(entry.rest, record.offset)) {
      entry.next = record.offset + 1;
      entry.hasHoles ||= entry.incomplete.size > 0;
      return false;
    }
    if (record.offset >= (entry.rest?.end ?? Infinity)) entry.rest = null;
    if (this.roomOf(entry) <= 0) {
      entry.skippedInRun = this.run;
      entry.next = record.offset;
      return false;
    }
    entry.next = record.offset + 1;
    addAscending(entry.incomplete, record.offset, entry.rest !== null);
    return true;
  }

  /** Before this assignment, as far as its commit could tell. */
  private wasComplete({ webhookId, offset }: ParkedRecord): boolean {
    if (this.floors === null || offset >= this.floorsEnd) return false;
    return offset < this.floors.floorOf(this.hashOf(webhookId));
  }

  private roomOf(entry: Entry): number {
    if (entry.webhookId === null) return 0;
    return this.options.capacity(entry.webhookId) - entry.incomplete.size;
  }

  /** Where its first untaken record may be: a webhook that follows the run has all its records below the position. */
  private reached(entry: Entry): number {
    const follows = entry.skippedInRun !== this.run && entry.next >= this.runStart;
    return follows ? Math.max(entry.next, this.position) : entry.next;
  }

  private advance(entry: Entry): void {
    const next = this.reached(entry);
    if (next !== entry.next) {
      entry.next = next;
      this.list(entry);
    }
    this.forgetIfDrained(entry);
  }

  /**
   * Who has untaken records and follows the run. Whoever has none need not be moved: its next record is one that is
   * read for the first time, and there it starts anew.
   */
  private advanceFollowers(): void {
    for (const entry of this.turns.within(this.runStart, this.position)) this.advance(entry);
  }

  private settle(): void {
    this.isSettled = true;
    for (const entry of this.entries.values()) this.advance(entry);
  }

  /** Keeps in step what is derived from an entry: call after each change of `next`, `lastSeen` or `pending`. */
  private list(entry: Entry): void {
    const isUntaken = entry.lastSeen >= entry.next;
    this.turns.set(entry, isUntaken ? entry.next : null);
    const awaitsEnd = entry.pending > 0 && !isUntaken;
    if (awaitsEnd === entry.awaitsEnd) return;
    entry.awaitsEnd = awaitsEnd;
    this.turns.awaitEnd(awaitsEnd ? 1 : -1);
  }

  private nextTarget(): number {
    if (this.isStillSought()) return this.position;
    this.sought = null;
    const entry = this.turns.next((one) => {
      this.advance(one);
      return one.lastSeen >= one.next && this.isWorthReading(one);
    });
    // The never-read end has its turn too while something was diverted of which nothing was read back yet.
    if (entry === null) return this.frontier;
    const target = this.follows(entry) ? this.position : entry.next;
    if (target !== this.position) this.sought = { entry, plans: 0 };
    return target;
  }

  /** What was moved to has to be read once before the next turn, however long the fetch takes. */
  private isStillSought(): boolean {
    if (this.sought === null || this.sought.plans >= plansWithoutRead) return false;
    this.sought.plans += 1;
    const { entry } = this.sought;
    return entry.lastSeen >= entry.next && this.isWorthReading(entry);
  }

  private follows(entry: Entry): boolean {
    return entry.skippedInRun !== this.run && entry.next >= this.runStart && entry.next >= this.position;
  }

  private isWorthReading(entry: Entry): boolean {
    if (entry.webhookId === null) return true;
    const capacity = this.options.capacity(entry.webhookId);
    return capacity > 0 && capacity - entry.incomplete.size >= Math.min(roomWorthReading, Math.ceil(capacity / 2));
  }

  private restore(cursor: ParkedCursor, isWhole: boolean): void {
    if (isWhole && cursor.offset > this.frontier) return; // it was cut off
    const next = Math.max(cursor.offset, this.options.startOffset);
    const entry = {
      ...emptyEntry(cursor.hash, null),
      next,
      lastSeen: isWhole ? this.frontier - 1 : -1,
      head: { attempt: cursor.attempt, notBefore: cursor.notBefore },
      rest: this.restored(cursor),
    };
    this.entries.set(cursor.hash, entry);
    this.byHash.add(entry);
    this.list(entry);
  }

  /** The first is open too. What was cut off at the end is written anew, with other records. */
  private restored({ offset, rest }: ParkedCursor): KnownRest | null {
    if (rest === undefined || rest === null) return null;
    return knownRest([offset, ...rest.open], Math.min(rest.end, this.frontier));
  }

  private entryOf(webhookId: string): Entry {
    const key = this.hashOf(webhookId);
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.webhookId ??= webhookId;
      return known;
    }
    // What lies below and is not known to be open is complete: only what is read for the first time can be its.
    const entry = { ...emptyEntry(key, webhookId), next: this.frontier };
    this.entries.set(key, entry);
    this.byHash.add(entry);
    return entry;
  }

  private forgetIfDrained(entry: Entry): void {
    if (entry.incomplete.size > 0 || entry.lastSeen >= entry.next || entry.pending > 0) return;
    if (this.isDiscovering) return;
    this.entries.delete(entry.hash);
    this.byHash.delete(entry);
    this.changes += 1;
    if (entry.webhookId === null) return;
    this.hashes.delete(entry.webhookId);
    this.options.drained(entry.webhookId);
  }

  private hashOf(webhookId: string): string {
    const known = this.hashes.get(webhookId);
    if (known !== undefined) return known;
    // 64 bits: two webhooks parked in one partition share one with a probability below 2^-50.
    const made = hash('sha256', webhookId, 'base64url').slice(0, 11);
    if (this.entries.has(made)) this.hashes.set(webhookId, made);
    return made;
  }
}

/** Up to where the log was known to whoever committed this; 0 when that is not said. */
export function committedEnd(committed: { readonly metadata: string } | null): number {
  return committed === null ? 0 : (decodeParkedState(committed.metadata)?.knownEnd ?? 0);
}

function emptyEntry(key: string, webhookId: string | null): Entry {
  return {
    hash: key,
    webhookId,
    next: 0,
    lastSeen: -1,
    skippedInRun: -1,
    incomplete: new Set(),
    pending: 0,
    hasHoles: false,
    rest: null,
    head: untried,
    awaitsEnd: false,
  };
}

/** @param mayLieBefore reading went back: it may belong before what is there */
function addAscending(offsets: Set<number>, offset: number, mayLieBefore: boolean): void {
  offsets.add(offset);
  if (!mayLieBefore) return;
  const ascending = [...offsets].sort((a, b) => a - b);
  offsets.clear();
  for (const one of ascending) offsets.add(one);
}

function isSame(one: Commit | null, other: Commit | null): boolean {
  return one?.offset === other?.offset && one?.metadata === other?.metadata;
}

function first(offsets: ReadonlySet<number>): number | null {
  for (const offset of offsets) return offset;
  return null;
}
