/** Fields that a filter can name, as the catalogue and the last events have them. Pure. */
import { rawNumberOf } from '../../libs/domain/payload/lossless-json.ts';
import { schemaFields, type SchemaField } from '../screens/event-types/schema-fields.ts';

export interface FieldSource {
  /** JSON Schema of `data`, or null. */
  readonly jsonSchema: unknown;
  /** Of `data`. */
  readonly example: unknown;
}

const always = ['id', 'type', 'source', 'subject', 'time'];
const fieldsMax = 200;
const depthMax = 8;
/** Items of a list that are looked at: they are alike. */
const itemsMax = 3;

/** @param events of which only the data is looked at */
export function offeredFields(
  types: readonly FieldSource[],
  events: readonly { readonly data: unknown }[],
): readonly string[] {
  const found = new Set(always);
  const add = (path: string): boolean => {
    if (found.size < fieldsMax) found.add(path);
    return found.size < fieldsMax;
  };
  const ofSchema = (fields: readonly SchemaField[]) => {
    for (const { path, name, fields: inner } of fields) {
      if (isName(name) && add(`data${path}`)) ofSchema(inner);
    }
  };
  for (const { jsonSchema, example } of types) {
    ofSchema(schemaFields(jsonSchema));
    ofValue('data', example, depthMax, add);
  }
  for (const { data } of events) ofValue('data', data, depthMax, add);
  return [...found];
}

function ofValue(path: string, value: unknown, depth: number, add: (path: string) => boolean): void {
  if (typeof value !== 'object' || value === null || depth === 0 || rawNumberOf(value) !== null) return;
  if (Array.isArray(value)) {
    for (const item of value.slice(0, itemsMax) as unknown[]) ofValue(path, item, depth - 1, add);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    if (isName(name) && add(`${path}.${name}`)) ofValue(`${path}.${name}`, inner, depth - 1, add);
  }
}

/** A name with a point in it is no part of a path. */
function isName(name: string): boolean {
  return name !== '' && !name.includes('.') && !name.startsWith('$');
}

/** @param sensitivePaths of an entry of the catalogue, such as `card.number`; `*` stands for any name */
export function isMasked(field: string, sensitivePaths: readonly string[]): boolean {
  const parts = field.trim().split('.');
  if (parts.shift() !== 'data') return false;
  return sensitivePaths.some((path) => {
    const names = path.split('.');
    return names.length <= parts.length && names.every((name, index) => name === '*' || name === parts[index]);
  });
}
