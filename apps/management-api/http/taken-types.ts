/**
 * In: the client and the type of an event that somebody publishes. Out: the type that was meant, where no webhook of the
 * client takes the one that was written. Holds: nobody waits long for a hint, and nothing is refused for want of one; what
 * is kept is bounded; a client hears of its own webhooks alone.
 */
import { wordSteps } from '../../../libs/domain/closest-word.ts';
import { patternsFor } from '../../../libs/domain/delivery/match.ts';
import { closestTaken } from '../../../libs/domain/event/subscribed-types.ts';
import type { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';

export interface TakenTypesOptions {
  readonly webhooks: Pick<WebhookView, 'typesTaken'>;
  readonly now?: () => number;
  readonly waitMsMax?: number;
}

interface Asked {
  readonly at: number;
  /** Null: more than is kept, or the database did not answer. */
  readonly types: Promise<ReadonlySet<string> | null>;
}

export interface OwnedType {
  readonly clientId: string;
  readonly type: string;
}

/** Who takes a type takes it for a while; who does not may have subscribed a moment ago. */
const freshMs = { taken: 60_000, notTaken: 250 } as const;
/** Kept at once; while there are more nothing is said to the others. */
const clientsMax = 2_000;
const typesPerClientMax = 50;
/** Statements: hints are worth no more to whoever publishes a thousand times a second. */
const asksPerSecondMax = 50;

export class TakenTypes {
  private readonly options: Required<TakenTypesOptions>;
  private readonly asked = new Map<string, Asked>();
  private asks = { since: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(options: TakenTypesOptions) {
    this.options = { now: monotonicMs, waitMsMax: 50, ...options };
  }

  /** For each, in order: the type that was meant; null: somebody takes it, nothing like it is taken, or it is not known. */
  async meant(written: readonly OwnedType[]): Promise<readonly (string | null)[]> {
    const nothing = written.map(() => null);
    if (new Set(written.map(({ clientId }) => clientId)).size > clientsMax) return nothing;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<readonly null[]>((resolve) => {
      timer = setTimeout(resolve, this.options.waitMsMax, nothing);
    });
    try {
      return await Promise.race([this.hints(written), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async hints(written: readonly OwnedType[]): Promise<readonly (string | null)[]> {
    const clients = [...new Set(written.map(({ clientId }) => clientId))];
    const kept = await this.typesOf(clients, freshMs.taken);
    const open = written.filter(({ clientId, type }) => !isTaken(kept.get(clientId) ?? null, type));
    if (open.length === 0) return written.map(() => null);
    const now = await this.typesOf([...new Set(open.map(({ clientId }) => clientId))], freshMs.notTaken);
    const steps = wordSteps();
    return written.map(({ clientId, type }) => {
      const types = now.get(clientId) ?? null;
      return isTaken(types, type) || types === null ? null : closestTaken(type, types, steps);
    });
  }

  private async typesOf(clients: readonly string[], freshForMs: number) {
    const { webhooks, now } = this.options;
    const at = now();
    const old = clients.filter((id) => at - (this.asked.get(id)?.at ?? Number.NEGATIVE_INFINITY) > freshForMs);
    if (old.length > 0 && this.mayAsk(old, at)) {
      // A hint is worth no failure: who is not answered for is not known.
      const answer = webhooks.typesTaken(old, typesPerClientMax).catch(() => new Map<string, readonly string[]>());
      for (const id of old) {
        this.asked.set(id, {
          at,
          types: answer.then((found) => (found.has(id) ? new Set(found.get(id)) : null)),
        });
      }
    }
    const known = clients.map(async (id) => {
      const one = this.asked.get(id);
      const isFresh = one !== undefined && at - one.at <= freshForMs;
      return [id, isFresh ? await one.types : null] as const;
    });
    return new Map(await Promise.all(known));
  }

  /** What is old makes room. */
  private mayAsk(clients: readonly string[], at: number): boolean {
    if (at - this.asks.since >= 1_000) this.asks = { since: at, count: 0 };
    if (this.asks.count >= asksPerSecondMax) return false;
    this.asks.count += 1;
    const added = clients.filter((id) => !this.asked.has(id)).length;
    if (this.asked.size + added > clientsMax) {
      for (const [id, known] of this.asked) if (at - known.at > freshMs.taken) this.asked.delete(id);
    }
    return this.asked.size + added <= clientsMax;
  }
}

function isTaken(types: ReadonlySet<string> | null, type: string): boolean {
  return types === null || patternsFor(type).some((pattern) => types.has(pattern));
}
