/**
 * How large a JSON Schema may be. Compiling one makes JavaScript for every keyword of it, in the event loop, in each
 * process that judges events, and again after each change of its type.
 */

/** As JSON, in bytes. */
export const schemaBytesMax = 256 * 1024;
/**
 * Keywords, names and members of lists. A property of a usual kind is three of them and costs half a millisecond, so this is
 * about half a second, and a thousand properties. Twice as many cost four times as much.
 */
export const schemaPartsMax = 3_000;

/** What they hold is no schema, is compared as a whole, and costs nothing to speak of. */
const holdValues = new Set(['enum', 'const', 'default', 'examples']);

/** Null: it may be compiled. Else why not. */
export function schemaSizeProblem(schemaText: string, schema: unknown): string | null {
  if (Buffer.byteLength(schemaText) > schemaBytesMax) return `it has more than ${schemaBytesMax} bytes`;
  if (!fits(schema)) return `it has more than ${schemaPartsMax} keywords, names and members of lists`;
  return null;
}

/** Without recursion: a schema may be nested as deep as it likes. */
function fits(schema: unknown): boolean {
  let parts = 0;
  const open: unknown[] = [schema];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const isList = Array.isArray(value);
    for (const [name, part] of Object.entries(value)) {
      parts += 1;
      if (parts > schemaPartsMax) return false;
      if (isList || !holdValues.has(name)) open.push(part);
    }
  }
  return true;
}
