/**
 * The compiled filters of webhooks, one for all that are equal, so that whoever judges an event can tell by identity
 * which answers it has already. Holds: a filter is forgotten with the last webhook that has it.
 */
import { textOfValue } from '../payload/equal-json.ts';
import type { FilterBudget } from './filter-budget.ts';
import { parseFilter, type FilterEvent } from './filter.ts';
import { parseLossless } from '../payload/lossless-json.ts';

export type Filter = (event: FilterEvent, budget?: FilterBudget) => boolean;

export interface EqualFilter {
  readonly filter: Filter;
  /** Null: it can be read. Else why not; then it lets nothing through. */
  readonly problem: string | null;
}

interface Kept extends EqualFilter {
  users: number;
}

export class EqualFilters {
  private readonly byText = new Map<string, Kept>();
  private readonly textOf = new Map<string, string>();

  get size(): number {
    return this.byText.size;
  }

  /** @param filter JSON text */
  take(webhookId: string, filter: string): EqualFilter {
    const json = parseJson(filter);
    const parsed = parseFilter(json);
    if (!parsed.ok) return { filter: () => false, problem: `${parsed.path} ${parsed.message}`.trim() };
    const text = textOfValue(json);
    let kept = this.byText.get(text);
    if (kept === undefined) {
      kept = { filter: (event, budget) => parsed.matches(event, budget), problem: null, users: 0 };
      this.byText.set(text, kept);
    }
    kept.users += 1;
    this.textOf.set(webhookId, text);
    return kept;
  }

  release(webhookId: string): void {
    const text = this.textOf.get(webhookId);
    if (text === undefined) return;
    this.textOf.delete(webhookId);
    const kept = this.byText.get(text);
    if (kept === undefined) return;
    kept.users -= 1;
    if (kept.users === 0) this.byText.delete(text);
  }
}

function parseJson(text: string): unknown {
  try {
    return parseLossless(text);
  } catch {
    return undefined;
  }
}
