/**
 * In: a JSON Schema that is whole in itself, and the place in a document where it will stand. Out: the same, with what it refers to within itself
 * found from there. Pure. Holds: only where a keyword takes schemas is a `$ref` one.
 */
import {
  define,
  keywordsOfDefinitions,
  keywordsOfNamedSchemas,
  keywordsOfSchema,
  keywordsOfSchemas,
} from './schema-keywords.ts';

type Members = Readonly<Record<string, unknown>>;

/** Deeper than anybody reads: anything goes there. */
const depthMax = 200;

/** @param place such as `#/components/schemas/Order` */
export function rebasedSchema(schema: unknown, place: string, depth = 0): unknown {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  if (depth > depthMax) return {};
  const inside = (value: unknown) => rebasedSchema(value, place, depth + 1);
  const moved: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    // An address of its own would be what its references are found from.
    if (keyword !== '$id') define(moved, keyword, movedMember(keyword, value, place, inside));
  }
  return moved;
}

function movedMember(keyword: string, value: unknown, place: string, inside: (value: unknown) => unknown): unknown {
  if (keyword === '$ref' && typeof value === 'string') {
    return value === '#' || value.startsWith('#/') ? `${place}${value.slice(1)}` : value;
  }
  if (Array.isArray(value)) return keywordsOfSchemas.has(keyword) ? value.map(inside) : value;
  if (keywordsOfSchema.has(keyword)) return inside(value);
  const isNamed = keywordsOfNamedSchemas.has(keyword) || keywordsOfDefinitions.has(keyword);
  if (!isNamed || typeof value !== 'object' || value === null) return value;
  const named: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value as Members)) define(named, name, inside(one));
  return named;
}
