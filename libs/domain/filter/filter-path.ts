/** Where the path of a condition leads in an event. */
import type { FilterEvent } from './filter.ts';
import { isLongNumber, type ValueTest } from './filter-values.ts';

/** What it takes to compare a number that a double does not hold, in visits. */
const longNumberVisits = 10;

/** Counts down; below zero the evaluation is over. */
export interface VisitBudget {
  visits: number;
}
/** `position`: the name as an index into a list, when it can be one. */
export interface Step {
  readonly name: string;
  readonly position: number | null;
}

export function stepsOf(path: readonly string[]): readonly Step[] {
  return path.map((name) => ({ name, position: /^\d{1,9}$/.test(name) ? Number(name) : null }));
}

/** True when the path leads to a value for which `test` holds; lists on the way mean any of their items. */
export function someAt(
  value: unknown,
  path: readonly Step[],
  index: number,
  test: ValueTest,
  budget: VisitBudget,
): boolean {
  budget.visits -= 1;
  if (budget.visits < 0) return false;
  const step = path[index];
  if (Array.isArray(value)) {
    if (step === undefined && test(value)) return true;
    const position = step?.position ?? null;
    if (position !== null) {
      return position < value.length && someAt(value[position], path, index + 1, test, budget);
    }
    // Not to the end of a long list once nothing more may be looked at.
    return value.some((item) => budget.visits < 0 || someAt(item, path, index, test, budget));
  }
  if (step === undefined) {
    if (typeof value === 'object' && isLongNumber(value)) budget.visits -= longNumberVisits;
    return test(value);
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step.name)) return false;
  // Such a number is an object to look at, with a member of its own.
  if (step.name === 'rawJSON' && isLongNumber(value)) return false;
  return someAt((value as Record<string, unknown>)[step.name], path, index + 1, test, budget);
}

const foundMax = 5;
const shownCharsMax = 200;

/**
 * The first values that the path leads to, for people: long texts are cut off, and an object or a list is shown without
 * what is in it. A list that is not empty is its items.
 */
export function valuesAt(event: FilterEvent, path: readonly Step[], budget: VisitBudget): readonly unknown[] {
  const found: unknown[] = [];
  const collect: ValueTest = (value) => {
    if (!Array.isArray(value) || value.length === 0) found.push(shown(value));
    return found.length === foundMax;
  };
  someAt(event, path, 0, collect, budget);
  return found;
}

function shown(value: unknown): unknown {
  if (typeof value === 'string' && value.length > shownCharsMax) return `${value.slice(0, shownCharsMax)}…`;
  if (typeof value !== 'object' || value === null || isLongNumber(value)) return value;
  return Array.isArray(value) ? [] : {};
}
