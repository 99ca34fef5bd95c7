/** Keywords of JSON Schema, from draft 4 to 2020-12, whose values are schemas: only there is a `$ref` a reference. Pure. */

/** One schema. `items` was a list of them up to 2019-09. */
export const keywordsOfSchema: ReadonlySet<string> = new Set([
  ...['additionalProperties', 'additionalItems', 'unevaluatedProperties', 'unevaluatedItems', 'propertyNames'],
  ...['not', 'if', 'then', 'else', 'contains', 'contentSchema', 'items'],
]);
/** Lists of schemas. */
export const keywordsOfSchemas: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items']);
/** Schemas by names that somebody chose; of `dependencies` some may be lists of names. */
export const keywordsOfNamedSchemas: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
]);
/** The same, for what is referred to. */
export const keywordsOfDefinitions: ReadonlySet<string> = new Set(['$defs', 'definitions']);

/** A member of its own, even one that is called `__proto__`. */
export function define(target: object, name: string, value: unknown): void {
  if (name !== '__proto__') (target as Record<string, unknown>)[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
