/**
 * Avro schemas as registries take them, made readable by a strict reader. In: a schema. Out: one of the same bytes.
 * Java takes names with dashes and the like when it is told not to validate names, defaults that do not fit their field, and orders,
 * aliases and documentation of any kind. None of that is in the bytes: it is left out, and names are written so that they come back.
 */

const written = /^[A-Za-z_][A-Za-z0-9_]*$/;
const mark = '__x';

/** A name that is no Avro name, as one. What {@link originalName} gives back. */
function asName(name: string): string {
  return written.test(name) && !name.startsWith(mark) ? name : `${mark}${Buffer.from(name).toString('hex')}`;
}

export function originalName(name: string): string {
  return name.startsWith(mark) ? Buffer.from(name.slice(mark.length), 'hex').toString() : name;
}

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
/** Levels of types inside each other. */
const depthMax = 200;

/** @throws Error when it is nested too deep */
export function readableAvro(schema: unknown, depth = 0): unknown {
  if (depth > depthMax) throw new Error(`nested deeper than ${depthMax} levels`);
  if (typeof schema === 'string') return primitives.has(schema) ? schema : fullName(schema);
  if (Array.isArray(schema)) return schema.map((one) => readableAvro(one, depth + 1));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { type, name, namespace, fields, items, values, symbols, size, logicalType, precision, scale } =
    schema as Record<string, unknown>;
  const isNamed = typeof name === 'string';
  return {
    type: typeof type === 'string' && complex.has(type) ? type : readableAvro(type, depth + 1),
    ...(isNamed ? { name: fullName(name) } : {}),
    ...(typeof namespace === 'string' ? { namespace: namespace === '' ? '' : fullName(namespace) } : {}),
    ...(Array.isArray(fields) ? { fields: fields.map((field: unknown) => readableField(field, depth + 1)) } : {}),
    ...(items === undefined ? {} : { items: readableAvro(items, depth + 1) }),
    ...(values === undefined ? {} : { values: readableAvro(values, depth + 1) }),
    ...(Array.isArray(symbols) ? { symbols: symbols.map((symbol) => asName(String(symbol))) } : {}),
    ...(size === undefined ? {} : { size }),
    ...(logicalType === 'decimal' ? { logicalType, precision, scale } : {}),
  };
}

const complex = new Set(['record', 'error', 'enum', 'fixed', 'array', 'map']);

function readableField(field: unknown, depth: number): unknown {
  if (typeof field !== 'object' || field === null) return field;
  const { name, type } = field as { name?: unknown; type?: unknown };
  return { name: typeof name === 'string' ? asName(name) : name, type: readableAvro(type, depth) };
}

function fullName(name: string): string {
  return name.split('.').map(asName).join('.');
}
