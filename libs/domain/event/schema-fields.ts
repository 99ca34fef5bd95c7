/**
 * Fields of event data. In: JSON Schemas and filters of webhooks. Out: which fields a schema no longer has, and which of these a filter names.
 * Pure. Holds: what is looked at is bounded; of what cannot be told nothing is said.
 *
 * Fields are written as filters write them: `data.items.price`, without the index of a list.
 */
import { pointerNames } from '../payload/json-pointer.ts';
const pathsMax = 5_000;
const depthMax = 20;
/** Longer ones are named by no filter (filter.ts), and each is written out as often as it is found. */
const fieldCharsMax = 1_000;
const referenceCharsMax = 1_000;
const combining = ['allOf', 'anyOf', 'oneOf'] as const;
const branches = ['if', 'then', 'else'] as const;

type Members = Readonly<Record<string, unknown>>;

/**
 * The outermost fields that the schema before has and the one after has not.
 * @param after null: there is no schema any more, which says nothing of any field
 */
export function removedFields(before: unknown, after: unknown): readonly string[] {
  if (membersOf(before) === null || membersOf(after) === null) return [];
  const [had, has] = [fieldsOf(before), fieldsOf(after)];
  // Of what was not looked at to its end nobody knows what it has.
  if (has.size >= pathsMax) return [];
  const gone = [...had].filter((field) => !has.has(field));
  const all = new Set(gone);
  return gone.filter((field) => !hasAncestorIn(all, field));
}

/** Those of these fields that the filter names, or something inside of them. @param filter JSON text of a filter */
export function fieldsNamed(filter: string, fields: readonly string[]): readonly string[] {
  const named = [...filterFields(filter)];
  return fields.filter((field) => named.some((one) => one === field || one.startsWith(`${field}.`)));
}

function fieldsOf(schema: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const open: { readonly at: string; readonly value: unknown; readonly depth: number }[] = [
    { at: 'data', value: schema, depth: 0 },
  ];
  let steps = 0;
  for (let next = open.pop(); next !== undefined && steps < pathsMax * 4 && found.size < pathsMax; next = open.pop()) {
    steps += 1;
    const members = membersOf(next.value);
    if (members === null || next.depth > depthMax) continue;
    const { at } = next;
    const depth = next.depth + 1;
    const same = (value: unknown) => open.push({ at, value, depth });
    const { $ref } = members;
    if (typeof $ref === 'string') same(located(schema, $ref));
    for (const keyword of combining) for (const one of listOf(members[keyword])) same(one);
    for (const keyword of branches) same(members[keyword]);
    // The items of a list are its field, to a filter.
    same(Array.isArray(members['items']) ? { anyOf: members['items'] as unknown } : members['items']);
    for (const [name, value] of Object.entries(membersOf(members['properties']) ?? {})) {
      if (at.length + name.length >= fieldCharsMax) continue;
      const field = `${at}.${name}`;
      found.add(field);
      open.push({ at: field, value, depth });
    }
  }
  return found;
}

function filterFields(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  let filter: unknown;
  try {
    filter = JSON.parse(text);
  } catch {
    return found;
  }
  const open: { readonly at: string; readonly value: unknown }[] = [{ at: '', value: filter }];
  for (let next = open.pop(); next !== undefined && found.size < pathsMax; next = open.pop()) {
    const { at, value } = next;
    if (Array.isArray(value)) {
      for (const one of value as unknown[]) open.push({ at, value: one });
      continue;
    }
    for (const [key, inner] of Object.entries(membersOf(value) ?? {})) {
      const field = key.startsWith('$') ? at : withoutIndexes(at === '' ? key : `${at}.${key}`);
      if (field !== '') found.add(field);
      open.push({ at: field, value: inner });
    }
  }
  return found;
}

function hasAncestorIn(fields: ReadonlySet<string>, field: string): boolean {
  for (let end = field.lastIndexOf('.'); end > 0; end = field.lastIndexOf('.', end - 1)) {
    if (fields.has(field.slice(0, end))) return true;
  }
  return false;
}

function withoutIndexes(field: string): string {
  return field
    .split('.')
    .filter((part) => !/^\d+$/.test(part))
    .join('.');
}

/** What a reference within the schema names; undefined: it is none of these. */
function located(schema: unknown, reference: string): unknown {
  if (!/^#(\/|$)/.test(reference) || reference.length > referenceCharsMax) return undefined;
  return pointerNames(reference.slice(1)).reduce<unknown>((value, name) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
      ? (value as Members)[name]
      : undefined;
  }, schema);
}

function membersOf(value: unknown): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
