/**
 * The filter language of webhooks: JSON that says which events of a subscribed type a webhook wants.
 *
 * A filter is an object; all of its members must hold (`{}` holds always):
 *
 *     { "data.amount": { "$gte": 100 }, "data.currency": { "$in": ["EUR", "USD"] }, "$not": { "source": "/test" } }
 *
 * - A field is a dotted path that begins with `id`, `type`, `source`, `subject`, `time` or `data`; objects may be
 *   nested instead of dots: `{ "data": { "amount": … } }` is the same.
 * - A plain string, number, boolean or null means `$eq`. Otherwise an object of operators, all of which must hold:
 *   `$eq $ne $in $nin $gt $gte $lt $lte $exists $prefix`, and `$not`, `$and`, `$or` with conditions of the same field.
 * - `$and`, `$or` (lists of filters, not empty) and `$not` (a filter) combine filters at the top.
 * - Where a path meets a list, an index picks one item; otherwise any one item that holds is enough, also at its end.
 *   `$ne`, `$nin` and `$not` are the opposite of `$eq`, `$in` and what they hold: true when the field is missing.
 * - Types are never converted: `"1"` is not `1`. `$gt` and its kin compare numbers with numbers and
 *   strings with strings (by UTF-16 code units, so RFC 3339 times in UTC compare as times). A missing field is not null.
 * - Numbers that a double does not hold, such as 64-bit ids, are compared exactly, up to 100 characters; longer ones equal nothing.
 *
 * Events are seen as they are delivered: with sensitive fields masked, so that a filter cannot guess at them.
 * Both the filter and the work of its evaluation are bounded by {@link filterLimits}.
 */

import type { FilterBudget } from './filter-budget.ts';
import { someAt, stepsOf, valuesAt, type VisitBudget } from './filter-path.ts';
import { below, checkDepth, FilterProblem, membersOf, quoted, segmentsOf } from './filter-syntax.ts';
import {
  beginsWith,
  equals,
  isLongNumber,
  isScalar,
  longNumberLengthMax,
  ordered,
  type Scalar,
  type ValueTest,
} from './filter-values.ts';
import { rawNumberOf } from '../payload/lossless-json.ts';

/** What a filter sees of an event. */
export interface FilterEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string | null;
  readonly subject: string | null;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  readonly data: unknown;
}

export type ParsedFilter =
  /** `budget`: of all filters of a client for this event; without one the filter stands alone. */
  | {
      readonly ok: true;
      matches(event: FilterEvent, budget?: FilterBudget): boolean;
      /** Each condition by itself, in the order of the filter; within `$not` it is told as it stands there. */
      explain(event: FilterEvent): readonly ExplainedCondition[];
    }
  /** `path` is a JSON Pointer (RFC 6901) into the filter; empty for the filter itself. */
  | { readonly ok: false; readonly path: string; readonly message: string };

/** Why a filter says yes or no. */
export interface ExplainedCondition {
  /** JSON Pointer (RFC 6901) into the filter. */
  readonly pointer: string;
  /** Dotted path into the event. */
  readonly field: string;
  readonly operator: string;
  readonly expected: unknown;
  /** The first five values that are there, for people (filter-path.ts); empty: the field is missing. */
  readonly found: readonly unknown[];
  readonly holds: boolean;
}

export const filterLimits = {
  /** Objects and lists inside each other. */
  depthMax: 10,
  /** Comparisons in the whole filter, each item of a list counted. */
  conditionsMax: 200,
  pathSegmentsMax: 20,
  stringLengthMax: 1_000,
  /** Values of an event that one evaluation looks at; an event that needs more does not match. */
  visitsMax: 20_000,
} as const;

/** An explanation looks at every condition, and twice. */
const explainedVisitsMax = 10 * filterLimits.visitsMax;

type Predicate = (event: FilterEvent, budget: VisitBudget) => boolean;

interface Condition {
  readonly at: string;
  readonly path: readonly string[];
  readonly operator: string;
  readonly expected: unknown;
  readonly holds: Predicate;
}

/** Validates and compiles a filter; to be called once per definition. Never throws. */
export function parseFilter(json: unknown): ParsedFilter {
  try {
    const predicate = new Compiler(null).filter(json, '', 1);
    return {
      ok: true,
      matches(event, shared) {
        const share = shared?.share() ?? filterLimits.visitsMax;
        const budget: VisitBudget = { visits: share };
        const holds = predicate(event, budget);
        shared?.spend(share, budget.visits);
        return holds && budget.visits >= 0;
      },
      explain: (event) => explained(json, event),
    };
  } catch (error) {
    if (error instanceof FilterProblem) return { ok: false, path: error.path, message: error.message };
    return { ok: false, path: '', message: 'cannot be read as a filter' };
  }
}

/** Compiled anew: whoever only matches keeps no conditions. */
function explained(json: unknown, event: FilterEvent): readonly ExplainedCondition[] {
  const conditions: Condition[] = [];
  new Compiler(conditions).filter(json, '', 1);
  const budget: VisitBudget = { visits: explainedVisitsMax };
  return conditions.map(({ at, path, operator, expected, holds }) => ({
    pointer: at,
    field: path.join('.'),
    operator,
    expected,
    found: valuesAt(event, stepsOf(path), budget),
    holds: holds(event, budget) && budget.visits >= 0,
  }));
}

class Compiler {
  private conditions = 0;
  private readonly kept: Condition[] | null;

  /** @param kept takes the conditions, each by itself; null: they are not kept */
  constructor(kept: Condition[] | null) {
    this.kept = kept;
  }

  filter(json: unknown, at: string, depth: number): Predicate {
    const members = membersOf(json, at, depth, 'must be an object');
    return all(members.map(([key, value]) => this.member(key, value, [], below(at, key), depth)));
  }

  /** One member of a filter or of a nested object of fields. */
  private member(key: string, value: unknown, prefix: readonly string[], at: string, depth: number): Predicate {
    if (!key.startsWith('$')) return this.field([...prefix, ...segmentsOf(key, prefix, at)], value, at, depth + 1);
    if (prefix.length > 0) throw new FilterProblem(at, 'operators and fields cannot be members of one object');
    if (key === '$and') return all(this.list(value, at, depth, (item, path) => this.filter(item, path, depth + 2)));
    if (key === '$or') return any(this.list(value, at, depth, (item, path) => this.filter(item, path, depth + 2)));
    if (key === '$not') return not(this.filter(value, at, depth + 1));
    throw new FilterProblem(at, `${quoted(key)} needs a field; here only $and, $or and $not are possible`);
  }

  /** A field with its condition: a scalar, an object of operators, or an object of fields below it. */
  private field(path: readonly string[], value: unknown, at: string, depth: number): Predicate {
    if (path.length > filterLimits.pathSegmentsMax) throw new FilterProblem(at, 'the path is too long');
    if (isScalar(value)) return this.keep(path, '$eq', value, at, this.compare(path, equals(this.scalar(value, at))));
    if (Array.isArray(value)) throw new FilterProblem(at, 'a list is not a condition: use $in');
    const members = membersOf(value, at, depth, 'must be a string, number, boolean, null or object');
    if (members.length === 0) throw new FilterProblem(at, 'is an empty condition');
    const isOperators = members[0]?.[0].startsWith('$') === true;
    if (!isOperators) return all(members.map(([key, item]) => this.member(key, item, path, below(at, key), depth)));
    return all(members.map(([key, operand]) => this.operator(path, key, operand, below(at, key), depth)));
  }

  private keep(path: readonly string[], operator: string, expected: unknown, at: string, holds: Predicate): Predicate {
    this.kept?.push({ at, path, operator, expected, holds });
    return holds;
  }

  private operator(path: readonly string[], key: string, operand: unknown, at: string, depth: number): Predicate {
    switch (key) {
      case '$not':
        return not(this.field(path, operand, at, depth + 1));
      case '$and':
        return all(this.list(operand, at, depth, (item, below) => this.field(path, item, below, depth + 2)));
      case '$or':
        return any(this.list(operand, at, depth, (item, below) => this.field(path, item, below, depth + 2)));
      default:
        return this.keep(path, key, operand, at, this.comparison(path, key, operand, at, depth));
    }
  }

  private comparison(path: readonly string[], key: string, operand: unknown, at: string, depth: number): Predicate {
    switch (key) {
      case '$eq':
        return this.compare(path, equals(this.scalar(operand, at)));
      case '$ne':
        return not(this.compare(path, equals(this.scalar(operand, at))));
      case '$in':
        return this.compare(path, this.oneOf(operand, at, depth));
      case '$nin':
        return not(this.compare(path, this.oneOf(operand, at, depth)));
      case '$gt':
      case '$gte':
      case '$lt':
      case '$lte':
        return this.compare(path, ordered(key, this.ordinal(operand, at)));
      case '$prefix':
        return this.compare(path, beginsWith(this.text(operand, at)));
      case '$exists':
        if (typeof operand !== 'boolean') throw new FilterProblem(at, 'must be true or false');
        return operand ? this.compare(path, () => true) : not(this.compare(path, () => true));
      default:
        throw new FilterProblem(
          at,
          key.startsWith('$')
            ? `${quoted(key)} is not an operator`
            : 'operators and fields cannot be members of one object',
        );
    }
  }

  private list<T>(value: unknown, at: string, depth: number, each: (item: unknown, at: string) => T): T[] {
    checkDepth(at, depth + 1);
    if (!Array.isArray(value) || value.length === 0) throw new FilterProblem(at, 'must be a list that is not empty');
    // Counted before anything is made of the items: a list of a million empty filters costs nothing.
    this.count(value.length, at);
    return value.map((item: unknown, index) => each(item, `${at}/${index}`));
  }

  private oneOf(value: unknown, at: string, depth: number): ValueTest {
    const items = this.list(value, at, depth, (item, path) => this.scalar(item, path));
    const allowed = new Set(items);
    const long = items.filter(isLongNumber).map(equals);
    return (candidate) => allowed.has(candidate as Scalar) || long.some((test) => test(candidate));
  }

  private compare(path: readonly string[], test: ValueTest): Predicate {
    this.count(1, '');
    const steps = stepsOf(path);
    return (event, budget) => someAt(event, steps, 0, test, budget);
  }

  private count(conditions: number, at: string): void {
    this.conditions += conditions;
    if (this.conditions > filterLimits.conditionsMax) {
      throw new FilterProblem(at, `has more than ${filterLimits.conditionsMax} conditions`);
    }
  }

  private scalar(value: unknown, at: string): Scalar {
    if (typeof value === 'string') return this.text(value, at);
    if (!isScalar(value)) throw new FilterProblem(at, 'must be a string, number, boolean or null');
    if (typeof value === 'number' && !Number.isFinite(value)) throw new FilterProblem(at, 'is out of range');
    if ((rawNumberOf(value)?.length ?? 0) > longNumberLengthMax) {
      throw new FilterProblem(at, `is a number of more than ${longNumberLengthMax} characters`);
    }
    return value;
  }

  private ordinal(value: unknown, at: string): Scalar {
    if (typeof value === 'number' || typeof value === 'string' || isLongNumber(value)) return this.scalar(value, at);
    throw new FilterProblem(at, 'must be a number or a string');
  }

  private text(value: unknown, at: string): string {
    if (typeof value !== 'string') throw new FilterProblem(at, 'must be a string');
    if (value.length > filterLimits.stringLengthMax) {
      throw new FilterProblem(at, `is longer than ${filterLimits.stringLengthMax} characters`);
    }
    return value;
  }
}

function all(predicates: readonly Predicate[]): Predicate {
  return (event, budget) => predicates.every((predicate) => predicate(event, budget));
}

function any(predicates: readonly Predicate[]): Predicate {
  return (event, budget) => predicates.some((predicate) => predicate(event, budget));
}

function not(predicate: Predicate): Predicate {
  return (event, budget) => !predicate(event, budget);
}
