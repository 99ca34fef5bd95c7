/**
 * Which webhooks an event type concerns. The table is asked for every event and finds the candidates through indexes,
 * so the cost of an event grows with the webhooks it concerns, not with those there are.
 */
import { EqualFilters, type Filter } from '../filter/equal-filters.ts';
import type { PayloadFormat, RewindHold, WebhookDefinition } from '../webhook/webhook.ts';

const everything = '*';

/** What fan-out needs of a webhook. */
export interface Subscription {
  readonly webhookId: string;
  readonly clientId: string;
  readonly eventTypes: readonly string[];
  readonly isActive: boolean;
  readonly format: PayloadFormat;
  /** Null: no filter. Equal filters are one and the same. */
  readonly filter: Filter | null;
  /** Unix milliseconds: since when it wants the events that it wants now. Left out: since ever. */
  readonly wantsSince?: number;
  /** Null, or left out: it is not rewound. */
  readonly rewind?: RewindHold | null;
}

/**
 * True when a subscription to `pattern` gets events of `type`: `*` is every type, `order.*` is every type that begins
 * with `order.` (not `order` itself), anything else is one type.
 */
export function patternMatches(pattern: string, type: string): boolean {
  return patternsFor(type).includes(pattern);
}

/** Every pattern that a type is matched by: `a.b.c` by `a.b.c`, `a.b.*`, `a.*` and `*`. */
export function patternsFor(type: string): string[] {
  const patterns = [type];
  for (let dot = type.lastIndexOf('.'); dot > 0; dot = type.lastIndexOf('.', dot - 1)) {
    patterns.push(`${type.slice(0, dot)}.*`);
  }
  patterns.push(everything);
  return patterns;
}

export type Applied = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** The live webhooks, inactive ones included: they are candidates whose decision is `disabled`. */
export class SubscriptionTable {
  private readonly byId = new Map<string, Subscription>();
  private readonly byClient = new Map<string, PatternIndex>();
  private readonly everyone = new PatternIndex();
  private readonly filters = new EqualFilters();
  private readonly filterTexts = new Map<string, string | null>();

  get size(): number {
    return this.byId.size;
  }

  /**
   * Takes a definition in the place of the one before. `at`: when it came, in Unix milliseconds. With a filter that cannot be read (registration refuses those)
   * the webhook gets nothing, and the answer says why: sending it what its filter may exclude would be worse.
   */
  apply(definition: WebhookDefinition, at = 0): Applied {
    const wantsSince = this.isWantedAlike(definition) ? (this.byId.get(definition.id)?.wantsSince ?? at) : at;
    this.remove(definition.id);
    const shared = definition.filter === null ? null : this.filters.take(definition.id, definition.filter);
    const problem = shared?.problem ?? null;
    const subscription: Subscription = {
      webhookId: definition.id,
      clientId: definition.clientId,
      eventTypes: definition.eventTypes,
      isActive: definition.isActive,
      format: definition.format,
      filter: shared?.filter ?? null,
      wantsSince,
      rewind: definition.rewind ?? null,
    };
    this.filterTexts.set(definition.id, definition.filter);
    this.byId.set(definition.id, subscription);
    this.everyone.add(subscription);
    let own = this.byClient.get(definition.clientId);
    if (own === undefined) {
      own = new PatternIndex();
      this.byClient.set(definition.clientId, own);
    }
    own.add(subscription);
    return problem === null ? { ok: true } : { ok: false, message: problem };
  }

  /** Undefined: there is none. */
  find(webhookId: string): Subscription | undefined {
    return this.byId.get(webhookId);
  }

  remove(webhookId: string): void {
    const subscription = this.byId.get(webhookId);
    if (subscription === undefined) return;
    this.byId.delete(webhookId);
    this.filterTexts.delete(webhookId);
    this.filters.release(webhookId);
    this.everyone.remove(subscription);
    const own = this.byClient.get(subscription.clientId);
    own?.remove(subscription);
    if (own?.isEmpty === true) this.byClient.delete(subscription.clientId);
  }

  /** Definitions come again for many reasons, most of which change nothing of what is wanted. */
  private isWantedAlike({ id, eventTypes, isActive, filter, format }: WebhookDefinition): boolean {
    const before = this.byId.get(id);
    return (
      before?.isActive === isActive &&
      before.format === format &&
      this.filterTexts.get(id) === filter &&
      before.eventTypes.length === eventTypes.length &&
      before.eventTypes.every((type, index) => type === eventTypes[index])
    );
  }

  /** Webhooks of a client, or of every client with null, that subscribed to the type; each once. */
  candidates(clientId: string | null, type: string): readonly Subscription[] {
    const index = clientId === null ? this.everyone : this.byClient.get(clientId);
    return index === undefined ? [] : index.find(patternsFor(type));
  }

  /**
   * Webhooks of a client that subscribed to a notice about webhooks, by its type or a pattern such as `webhook.*`.
   * `*` does not bring notices: it stands for the platform's events, and who asked for those did not ask to hear of
   * every change to a webhook.
   */
  noticeCandidates(clientId: string, type: string): readonly Subscription[] {
    return this.byClient.get(clientId)?.find(patternsFor(type).filter((pattern) => pattern !== everything)) ?? [];
  }
}

/** The subscriptions of a pattern, and the same as a list, which is made when it is asked for and never changed. */
interface Subscribed {
  readonly all: Set<Subscription>;
  list: readonly Subscription[] | null;
}

class PatternIndex {
  private readonly byPattern = new Map<string, Subscribed>();

  get isEmpty(): boolean {
    return this.byPattern.size === 0;
  }

  add(subscription: Subscription): void {
    for (const pattern of subscription.eventTypes) {
      const subscribed = this.byPattern.get(pattern);
      if (subscribed === undefined) this.byPattern.set(pattern, { all: new Set([subscription]), list: null });
      else {
        subscribed.all.add(subscription);
        subscribed.list = null;
      }
    }
  }

  remove(subscription: Subscription): void {
    for (const pattern of subscription.eventTypes) {
      const subscribed = this.byPattern.get(pattern);
      if (subscribed === undefined) continue;
      subscribed.all.delete(subscription);
      subscribed.list = null;
      if (subscribed.all.size === 0) this.byPattern.delete(pattern);
    }
  }

  /** A snapshot: later changes of the index do not reach it. With one matching pattern it costs no copy. */
  find(patterns: readonly string[]): readonly Subscription[] {
    let found: readonly Subscription[] | null = null;
    let merged: Set<Subscription> | null = null;
    for (const pattern of patterns) {
      const subscribed = this.byPattern.get(pattern);
      if (subscribed === undefined) continue;
      const list = (subscribed.list ??= [...subscribed.all]);
      if (found === null) found = list;
      else {
        merged ??= new Set(found);
        for (const subscription of list) merged.add(subscription);
      }
    }
    return merged === null ? (found ?? []) : [...merged];
  }
}
