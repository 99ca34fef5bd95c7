/**
 * In: events that are in the history. Out: those that name a client which there is not, counted by their source and told in the log.
 * Nobody gets them, and nothing else would say so.
 * Holds: never fails, so what is written stays written; a client that there is is asked for once a minute at most.
 */
import type { WebhookEvent } from '../../libs/domain/event/webhook-event.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import { KnownLately } from '../../libs/runtime/known-lately.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';

const knownMax = 20_000;
/** A producer that writes a wrong id writes it often: the log says so once in this time. */
const tellEveryMs = 60_000;
/** Client ids that a line names. */
const namedMax = 10;

export interface StrangersOptions {
  /** Those of the ids that are clients. */
  readonly knownOf: (clientIds: readonly string[]) => Promise<readonly string[]>;
  readonly count: (source: string | null, events: number) => void;
  readonly logger: Logger;
  /** Monotonic milliseconds. Default: by the clock. */
  readonly now?: () => number;
}

export class Strangers {
  private readonly options: StrangersOptions;
  private readonly known: KnownLately;
  private readonly clientIds = new Set<string>();
  private untold = 0;
  private toldAt = -Infinity;

  constructor(options: StrangersOptions) {
    this.options = options;
    this.known = new KnownLately(knownMax, 60_000, options.now);
  }

  async see(events: readonly Pick<WebhookEvent, 'clientId' | 'eventKey' | 'source'>[]): Promise<void> {
    const asked = new Set<string>();
    for (const { clientId } of events) if (clientId !== null && !this.known.has(clientId)) asked.add(clientId);
    if (asked.size === 0) return;
    try {
      for (const id of await this.options.knownOf([...asked])) {
        this.known.add(id);
        asked.delete(id);
      }
    } catch (error) {
      this.options.logger.warn(errorFields(error), 'whether the clients of events exist could not be checked');
      return;
    }
    if (asked.size > 0) this.count(events, asked);
  }

  private count(
    events: readonly Pick<WebhookEvent, 'clientId' | 'eventKey' | 'source'>[],
    strangers: ReadonlySet<string>,
  ): void {
    const bySource = new Map<string | null, Set<string>>();
    for (const { clientId, eventKey, source } of events) {
      if (clientId === null || !strangers.has(clientId)) continue;
      // An event with many decisions comes in several records.
      const keys = bySource.get(source) ?? new Set();
      bySource.set(source, keys.add(eventKey));
      if (this.clientIds.size < namedMax) this.clientIds.add(clientId);
    }
    for (const [source, { size }] of bySource) {
      this.options.count(source, size);
      this.untold += size;
    }
    this.tell([...bySource.keys()]);
  }

  private tell(sources: readonly (string | null)[]): void {
    const now = (this.options.now ?? monotonicMs)();
    if (now - this.toldAt < tellEveryMs) return;
    this.toldAt = now;
    const line = { events: this.untold, clientIds: [...this.clientIds], sources: sources.slice(0, namedMax) };
    this.options.logger.warn(line, 'events name clients that do not exist: no webhook gets them');
    this.untold = 0;
    this.clientIds.clear();
  }
}
