/**
 * In: events as they are read, each with the webhooks that it may go to. Out: whether it is written now or waits, and
 * of those that wait, whose turn it is.
 * Holds: order per webhook, also where events go to several; webhooks that wait take turns, one event a turn; no I/O,
 * no clock.
 *
 * What a webhook gets in heaps waits, so that it keeps nobody else waiting. Each event that waits has a turn: one later
 * than the latest turn of all its webhooks. A new one never begins before the present turn, so nobody's thousandth
 * event comes before another's first (start-time fair queueing).
 *
 * An event that is taken out keeps its webhooks waiting until it is finished: its parts are written one after the other,
 * and nothing that came later may come in between. One for everyone stands for every webhook there is, without a list.
 */
import type { Concerned } from './event-handler.ts';

/** Stands for the webhooks of an event that concerns none. */
const nobody = ['nobody'];

/** Those served are many when they are so many times as many as those that wait. */
const fewFactor = 4;

export interface BacklogEvent<Item> {
  readonly item: Item;
  readonly concerned: Concerned;
}

/** Of a webhook with events that wait. */
interface Line {
  latestTurn: number;
  events: number;
}

export interface BacklogOptions {
  /** Events of one webhook that a run writes at once, at most: what comes beyond waits. */
  readonly perRunMax: number;
  /** For so many milliseconds a webhook counts as served after an event of it was let through. */
  readonly servedMs: number;
}

export class Backlog<Item> {
  private readonly options: BacklogOptions;
  private readonly turns = new Map<number, BacklogEvent<Item>[]>();
  private readonly lines = new Map<string, Line>();
  /** Of each webhook, how many were let through in this run. */
  private readonly passed = new Map<string, number>();
  /** Of each webhook, when an event was let through last; the latest are last. */
  private readonly servedAt = new Map<string, number>();
  private readonly everyone: Line = { latestTurn: 0, events: 0 };
  private latestTurn = 0;
  private turn = 1;
  private taken = 0;
  private waiting = 0;

  constructor(options: BacklogOptions) {
    this.options = options;
  }

  get size(): number {
    return this.waiting;
  }

  beginRun(): void {
    this.passed.clear();
  }

  /** True: it is to be written now. False: it has to {@link wait}. */
  mayPass(webhookIds: Concerned, now: number): boolean {
    if (webhookIds === 'everyone' || this.everyone.events > 0) return false;
    const concerned = webhookIds.length === 0 ? nobody : webhookIds;
    for (const webhookId of concerned) {
      if (this.lines.has(webhookId) || (this.passed.get(webhookId) ?? 0) >= this.options.perRunMax) return false;
    }
    for (const webhookId of concerned) {
      this.passed.set(webhookId, (this.passed.get(webhookId) ?? 0) + 1);
      this.servedAt.delete(webhookId);
      this.servedAt.set(webhookId, now);
    }
    return true;
  }

  wait(item: Item, webhookIds: Concerned): void {
    const concerned = webhookIds.length === 0 ? nobody : webhookIds;
    const turn = this.turnOf(concerned);
    this.latestTurn = Math.max(this.latestTurn, turn);
    if (concerned === 'everyone') note(this.everyone, turn);
    else {
      for (const webhookId of concerned) {
        const line = this.lines.get(webhookId);
        if (line === undefined) this.lines.set(webhookId, { latestTurn: turn, events: 1 });
        else note(line, turn);
      }
    }
    const event = { item, concerned };
    const others = this.turns.get(turn);
    if (others === undefined) this.turns.set(turn, [event]);
    else others.push(event);
    this.waiting += 1;
  }

  /** The one whose turn is next. Its webhooks go on waiting until it is {@link finish}ed. */
  takeNext(): BacklogEvent<Item> | null {
    while (this.waiting > 0) {
      const event = this.turns.get(this.turn)?.[this.taken];
      if (event !== undefined) {
        this.taken += 1;
        this.waiting -= 1;
        return event;
      }
      this.turns.delete(this.turn);
      this.turn += 1;
      this.taken = 0;
    }
    return null;
  }

  /** All of it is handed on to be written, before anything that is let through from now on. */
  finish({ concerned }: BacklogEvent<Item>): void {
    if (concerned === 'everyone') this.everyone.events -= 1;
    else for (const webhookId of concerned) this.leave(webhookId);
  }

  /** Those whose turn is next, at most so many. Write them before anything else is let through. */
  take(count: number): Item[] {
    const items: Item[] = [];
    while (items.length < count) {
      const event = this.takeNext();
      if (event === null) break;
      items.push(event.item);
      this.finish(event);
    }
    return items;
  }

  /** @returns those that waited and are to wait no longer */
  remove(isGone: (item: Item) => boolean): Item[] {
    const removed: BacklogEvent<Item>[] = [];
    for (const [turn, events] of this.turns) {
      const taken = turn === this.turn ? this.taken : 0;
      const kept = events.filter((event, place) => place < taken || !isGone(event.item));
      if (kept.length === events.length) continue;
      removed.push(...events.filter((event, place) => place >= taken && isGone(event.item)));
      this.turns.set(turn, kept);
    }
    this.waiting -= removed.length;
    for (const event of removed) this.finish(event);
    return removed.map(({ item }) => item);
  }

  /** True when many more webhooks are being served past the backlog than wait in it: then they should not feel it. */
  isOfFew(now: number): boolean {
    if (this.everyone.events > 0) return false;
    let served = 0;
    for (const [webhookId, at] of this.servedAt) {
      if (now - at >= this.options.servedMs) this.servedAt.delete(webhookId);
      else if (!this.lines.has(webhookId)) served += 1;
    }
    return served >= this.lines.size * fewFactor;
  }

  private turnOf(concerned: Concerned): number {
    if (concerned === 'everyone') return Math.max(this.turn, this.latestTurn + 1);
    let turn = Math.max(this.turn, this.everyone.latestTurn + 1);
    for (const webhookId of concerned) turn = Math.max(turn, (this.lines.get(webhookId)?.latestTurn ?? 0) + 1);
    return turn;
  }

  private leave(webhookId: string): void {
    const line = this.lines.get(webhookId);
    if (line === undefined) return;
    line.events -= 1;
    if (line.events === 0) this.lines.delete(webhookId);
  }
}

function note(line: Line, turn: number): void {
  line.latestTurn = turn;
  line.events += 1;
}
