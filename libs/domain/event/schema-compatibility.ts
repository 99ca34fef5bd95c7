/**
 * What in a new JSON Schema of an event type breaks somebody. In: the schema before and after. Out: each place where
 * what publishers send today would no longer fit, or where what receivers were promised is promised no more. Pure.
 * Holds: what cannot be compared (references, alternatives, conditions) counts as a break unless it stays as it is.
 *
 * Compatible are new optional fields, further values of an enumeration, looser bounds, and anything that is only said
 * for people.
 */
import { pointerToken } from '../payload/json-pointer.ts';

export interface SchemaBreak {
  /** JSON Pointer (RFC 6901) into the new schema. */
  readonly path: string;
  readonly rule: 'removed' | 'type' | 'required' | 'narrowed' | 'incomparable';
  readonly message: string;
}

type Members = Readonly<Record<string, unknown>>;

/** Keywords that constrain nothing. */
const annotations = new Set(
  '$schema $id $anchor $comment title description default examples deprecated readOnly writeOnly'.split(' '),
);
/** A greater one lets fewer values through, or a smaller one. */
const lowerBounds = new Set('minimum exclusiveMinimum minLength minItems minProperties'.split(' '));
const upperBounds = new Set('maximum exclusiveMaximum maxLength maxItems maxProperties'.split(' '));
/** Any that is new or another one lets fewer values through; one that goes lets more through. */
const rules = new Set('pattern format multipleOf uniqueItems const'.split(' '));
const compared = new Set(['type', 'properties', 'required', 'enum', 'items', 'additionalProperties']);

/** @param before null: there was none, so nothing can break  @param after null: there is none any more */
export function schemaBreaks(before: unknown, after: unknown): readonly SchemaBreak[] {
  if (before === null || before === undefined) return [];
  if (after === null || after === undefined) {
    return [{ path: '', rule: 'removed', message: 'Receivers rely on the schema that is there.' }];
  }
  return breaksAt(membersOf(before), membersOf(after), '');
}

function breaksAt(before: Members, after: Members, at: string): SchemaBreak[] {
  return [
    ...typeBreaks(before, after, at),
    ...propertyBreaks(before, after, at),
    ...requiredBreaks(before, after, at),
    ...enumBreaks(before, after, at),
    ...subschemaBreaks(before, after, 'items', at),
    ...subschemaBreaks(before, after, 'additionalProperties', at),
    ...ruleBreaks(before, after, at),
  ];
}

function typeBreaks(before: Members, after: Members, at: string): SchemaBreak[] {
  const [was, is] = [typesOf(before), typesOf(after)];
  if (was === is) return [];
  const message = `The type stays as it is: ${was || 'any'}, not ${is || 'any'}.`;
  return [{ path: `${at}/type`, rule: 'type', message }];
}

function propertyBreaks(before: Members, after: Members, at: string): SchemaBreak[] {
  const [was, is] = [membersOf(before['properties']), membersOf(after['properties'])];
  return Object.keys(was).flatMap((name) => {
    const path = `${at}/properties${pointerToken(name)}`;
    if (Object.hasOwn(is, name)) return breaksAt(membersOf(was[name]), membersOf(is[name]), path);
    return [{ path, rule: 'removed' as const, message: 'Receivers rely on this field.' }];
  });
}

function requiredBreaks(before: Members, after: Members, at: string): SchemaBreak[] {
  const [was, is] = [new Set(listOf(before['required'])), new Set(listOf(after['required']))];
  const path = `${at}/required`;
  const dropped = [...was].filter((name) => !is.has(name));
  const added = [...is].filter((name) => !was.has(name));
  return [
    ...dropped.map((name) => ({ path, rule: 'required' as const, message: `Receivers rely on ${text(name)}.` })),
    ...added.map((name) => ({
      path,
      rule: 'required' as const,
      message: `Events without ${text(name)} would not fit.`,
    })),
  ];
}

function enumBreaks(before: Members, after: Members, at: string): SchemaBreak[] {
  if (after['enum'] === undefined) return [];
  const is = new Set(listOf(after['enum']).map(text));
  const gone = before['enum'] === undefined ? ['other values'] : listOf(before['enum']).map(text);
  const missing = gone.filter((value) => !is.has(value));
  return missing.length === 0
    ? []
    : [{ path: `${at}/enum`, rule: 'narrowed', message: `Events with ${missing.join(', ')} would not fit.` }];
}

/** A schema for all items, or for all further members. Without one anything goes. */
function subschemaBreaks(before: Members, after: Members, keyword: string, at: string): SchemaBreak[] {
  const [was, is] = [before[keyword] ?? true, after[keyword] ?? true];
  const path = `${at}/${keyword}`;
  if (text(was) === text(is) || was === false) return [];
  if (was === true || is === false) return [{ path, rule: 'narrowed', message: 'Events of today would not fit.' }];
  if (is === true) return [{ path, rule: 'removed', message: 'Receivers rely on this.' }];
  return breaksAt(membersOf(was), membersOf(is), path);
}

function ruleBreaks(before: Members, after: Members, at: string): SchemaBreak[] {
  const keywords = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keywords.flatMap((keyword): SchemaBreak[] => {
    if (annotations.has(keyword) || compared.has(keyword)) return [];
    const [was, is] = [before[keyword], after[keyword]];
    if (text(was) === text(is)) return [];
    const path = `${at}${pointerToken(keyword)}`;
    if (lowerBounds.has(keyword) || upperBounds.has(keyword)) {
      const sign = lowerBounds.has(keyword) ? 1 : -1;
      const isLooser = is === undefined || (was !== undefined && sign * Number(is) < sign * Number(was));
      return isLooser ? [] : [{ path, rule: 'narrowed', message: 'Events of today may not fit.' }];
    }
    if (rules.has(keyword)) {
      return is === undefined ? [] : [{ path, rule: 'narrowed', message: 'Events of today may not fit.' }];
    }
    return [{ path, rule: 'incomparable', message: `What ${keyword} changes cannot be compared.` }];
  });
}

/** Every type it allows, in one order; empty: any. */
function typesOf(schema: Members): string {
  const type = schema['type'];
  return (Array.isArray(type) ? type.map(String) : typeof type === 'string' ? [type] : []).sort().join(' or ');
}

/** `true` is the schema that says nothing, `false` the one that nothing fits. */
function membersOf(schema: unknown): Members {
  if (schema === false) return { not: {} };
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema) ? (schema as Members) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
