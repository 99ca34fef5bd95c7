/**
 * A filter as rows in groups, and back. Pure. What rows say and what the JSON says is the same filter, if not the same text;
 * a filter that says more than rows can is null here and stays JSON.
 */
import { rawNumberOf } from '../../libs/domain/payload/lossless-json.ts';
import { itemsOf, itemText, scalarOf, scalarText, textOf, textText } from './filter-value.ts';

export const comparisons = ['$eq', '$ne', '$in', '$nin', '$gt', '$gte', '$lt', '$lte', '$prefix'] as const;
export type Comparison = (typeof comparisons)[number];
export type RowOperator = Comparison | 'exists' | 'missing';

export interface FilterRow {
  /** Dotted path into the event; empty: the row is not finished. */
  readonly field: string;
  readonly operator: RowOperator;
  /** As it is typed (filter-value.ts); empty: the row is not finished. */
  readonly value: string;
}

export type GroupMode = 'all' | 'any' | 'none';

export interface FilterGroup {
  readonly mode: GroupMode;
  readonly rows: readonly FilterRow[];
}

export const emptyRow: FilterRow = { field: '', operator: '$eq', value: '' };

type Members = Readonly<Record<string, unknown>>;

/** @param filter one that can be read as such, so that it is not deep; null: rows cannot say it */
export function groupsOf(filter: unknown): readonly FilterGroup[] | null {
  if (!isObject(filter)) return null;
  const all: FilterRow[] = [];
  const others: FilterGroup[] = [];
  for (const [key, value] of Object.entries(filter)) {
    const found = groupsOfMember(key, value);
    if (found === null) return null;
    for (const group of found) {
      if (group.mode === 'all') all.push(...group.rows);
      else others.push(group);
    }
  }
  return [...(all.length === 0 ? [] : [{ mode: 'all', rows: all } as const]), ...others];
}

function groupsOfMember(key: string, value: unknown): readonly FilterGroup[] | null {
  if (key === '$and') {
    const each = (value as readonly unknown[]).map(groupsOf);
    return each.every((groups) => groups !== null) ? each.flat() : null;
  }
  if (key === '$or') return group('any', eachOneRow(value));
  if (key === '$not') {
    const isAnyOf = isObject(value) && Object.keys(value).length === 1 && value['$or'] !== undefined;
    return group('none', isAnyOf ? eachOneRow(value['$or']) : eachOneRow([value]));
  }
  return group('all', rowsOf(key, value));
}

function group(mode: GroupMode, rows: readonly FilterRow[] | null): readonly FilterGroup[] | null {
  return rows === null ? null : [{ mode, rows }];
}

/** A list of filters, each of which is one row. */
function eachOneRow(list: unknown): readonly FilterRow[] | null {
  const rows: FilterRow[] = [];
  for (const filter of list as readonly unknown[]) {
    const groups = groupsOf(filter);
    const [only] = groups ?? [];
    const [row] = only?.rows ?? [];
    if (groups?.length !== 1 || only?.mode !== 'all' || only.rows.length !== 1 || row === undefined) return null;
    rows.push(row);
  }
  return rows;
}

/** All that is said of one field, and of those below it. */
function rowsOf(field: string, value: unknown): readonly FilterRow[] | null {
  if (!isObject(value)) return [{ field, operator: '$eq', value: scalarText(value) }];
  const rows: FilterRow[] = [];
  for (const [key, operand] of Object.entries(value)) {
    const found = key.startsWith('$') ? rowOf(field, key, operand) : rowsOf(`${field}.${key}`, operand);
    if (found === null) return null;
    rows.push(...found);
  }
  return rows;
}

function rowOf(field: string, operator: string, operand: unknown): readonly FilterRow[] | null {
  if (operator === '$exists') return [{ field, operator: operand === true ? 'exists' : 'missing', value: '' }];
  const known = comparisons.find((one) => one === operator);
  return known === undefined ? null : [{ field, operator: known, value: valueText(known, operand) }];
}

function valueText(operator: Comparison, operand: unknown): string {
  if (Array.isArray(operand)) return operand.map(itemText).join(', ');
  return operator === '$prefix' && typeof operand === 'string' ? textText(operand) : scalarText(operand);
}

/** The text of the filter that the groups say; empty without any. Rows that are not finished say nothing. */
export function filterText(groups: readonly FilterGroup[]): string {
  const filter = filterOf(groups);
  return Object.keys(filter).length === 0 ? '' : JSON.stringify(filter, null, 2);
}

export function filterOf(groups: readonly FilterGroup[]): Members {
  const whole: Record<string, unknown> = {};
  // What has no place of its own in an object.
  const more: Members[] = [];
  const put = (key: string, value: unknown) => {
    if (Object.hasOwn(whole, key)) more.push({ [key]: value });
    else whole[key] = value;
  };
  for (const { mode, rows } of groups) {
    const finished = rows.filter(isFinished);
    const filters = finished.map((row) => ({ [row.field.trim()]: conditionOf(row) }));
    if (filters.length === 0) continue;
    if (mode === 'any') put('$or', filters);
    else if (mode === 'none') put('$not', filters.length === 1 ? filters[0] : { $or: filters });
    else for (const row of finished) putRow(whole, more, row);
  }
  if (more.length > 0) whole['$and'] = more;
  return whole;
}

/** Several conditions of one field stand in one object, as somebody would write them. */
function putRow(whole: Record<string, unknown>, more: Members[], row: FilterRow): void {
  const field = row.field.trim();
  const before = Object.hasOwn(whole, field) ? whole[field] : undefined;
  const condition = conditionOf(row);
  if (before === undefined) {
    whole[field] = condition;
    return;
  }
  const [was, is] = [operatorsOf(before), operatorsOf(condition)];
  if (Object.keys(is).some((operator) => Object.hasOwn(was, operator))) more.push({ [field]: condition });
  else whole[field] = { ...was, ...is };
}

function operatorsOf(condition: unknown): Members {
  return isObject(condition) ? condition : { $eq: condition };
}

export function isFinished({ field, operator, value }: FilterRow): boolean {
  return field.trim() !== '' && (takesNoValue(operator) || value.trim() !== '');
}

export function takesNoValue(operator: RowOperator): operator is 'exists' | 'missing' {
  return operator === 'exists' || operator === 'missing';
}

function conditionOf({ operator, value }: FilterRow): unknown {
  switch (operator) {
    case 'exists':
      return { $exists: true };
    case 'missing':
      return { $exists: false };
    case '$eq':
      return scalarOf(value);
    case '$in':
    case '$nin':
      return { [operator]: itemsOf(value) };
    case '$prefix':
      return { $prefix: textOf(value) };
    default:
      return { [operator]: scalarOf(value) };
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && rawNumberOf(value) === null;
}
