/**
 * What a JSON Schema (2020-12) says of the fields of an object, as a tree. Pure. References within the schema are followed, a
 * type that holds itself only so deep; what is more than a list of fields (`allOf`, conditions) is left to the JSON beside it.
 */
import { pointerNames } from '../../../libs/domain/payload/json-pointer.ts';

export interface SchemaField {
  readonly path: string;
  readonly name: string;
  /** Such as `string`, `integer or null`, `list of object`. */
  readonly type: string;
  readonly isRequired: boolean;
  /** Such as `≥ 0`, `one of "EUR", "USD"`, `format date-time`. */
  readonly bounds: readonly string[];
  readonly description: string | null;
  readonly fields: readonly SchemaField[];
}

type Keywords = Readonly<Record<string, unknown>>;

const depthMax = 8;
const fieldsMax = 500;

export function schemaFields(schema: unknown): readonly SchemaField[] {
  let left = fieldsMax;
  const fieldsOf = (of: Keywords, path: string, depth: number): SchemaField[] => {
    const properties = keywordsOf(of['properties']);
    const required = new Set(listOf(of['required']));
    return Object.entries(properties).flatMap(([name, value]) => {
      left -= 1;
      return left < 0 ? [] : [field(name, value, required.has(name), `${path}.${name}`, depth)];
    });
  };
  const field = (name: string, value: unknown, isRequired: boolean, path: string, depth: number): SchemaField => {
    const keywords = resolved(value, schema);
    const items = keywords['items'] === undefined ? null : resolved(keywords['items'], schema);
    const inner = items ?? keywords;
    const { description } = keywords;
    return {
      path,
      name,
      type: items === null ? typeText(keywords) : `list of ${typeText(items)}`,
      isRequired,
      bounds: boundsOf(inner),
      description: typeof description === 'string' ? description : null,
      fields: depth >= depthMax ? [] : fieldsOf(inner, path, depth + 1),
    };
  };
  return fieldsOf(resolved(schema, schema), '', 1);
}

function keywordsOf(value: unknown): Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Keywords) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** What a `$ref` within the schema leads to; a chain of them ends. */
function resolved(value: unknown, root: unknown): Keywords {
  let keywords = keywordsOf(value);
  for (let step = 0; step < depthMax && typeof keywords['$ref'] === 'string'; step += 1) {
    if (!/^#(\/|$)/.test(keywords['$ref'])) break;
    let found: unknown = root;
    for (const name of pointerNames(keywords['$ref'].slice(1))) {
      found = Object.hasOwn(keywordsOf(found), name) ? keywordsOf(found)[name] : undefined;
    }
    keywords = keywordsOf(found);
  }
  return keywords;
}

function typeText(keywords: Keywords): string {
  const { type } = keywords;
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return type.map(String).join(' or ');
  if (keywords['enum'] !== undefined || keywords['const'] !== undefined) return 'value';
  return keywords['properties'] === undefined ? 'any' : 'object';
}

function boundsOf(keywords: Keywords): readonly string[] {
  const said = (name: string, text: (value: string) => string): readonly string[] =>
    keywords[name] === undefined ? [] : [text(JSON.stringify(keywords[name]))];
  return [
    ...said('const', (value) => `= ${value}`),
    ...(Array.isArray(keywords['enum'])
      ? [`one of ${keywords['enum'].map((value) => JSON.stringify(value)).join(', ')}`]
      : []),
    ...said('minimum', (value) => `≥ ${value}`),
    ...said('exclusiveMinimum', (value) => `> ${value}`),
    ...said('maximum', (value) => `≤ ${value}`),
    ...said('exclusiveMaximum', (value) => `< ${value}`),
    ...said('minLength', (value) => `length ≥ ${value}`),
    ...said('maxLength', (value) => `length ≤ ${value}`),
    ...said('minItems', (value) => `items ≥ ${value}`),
    ...said('maxItems', (value) => `items ≤ ${value}`),
    ...said('pattern', (value) => `pattern ${value}`),
    ...said('format', (value) => `format ${value.slice(1, -1)}`),
  ];
}
