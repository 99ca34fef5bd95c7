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

/** In these each member is a list of names, whatever it is called: code is made for each name. */
const holdLists = new Set(['dependentRequired', 'dependencies']);

/** Null: it may be compiled. Else why not. */
export function schemaSizeProblem(schemaText: string, schema: unknown): string | null {
  if (Buffer.byteLength(schemaText) > schemaBytesMax) return `it has more than ${schemaBytesMax} bytes`;
  if (!fits(schema)) return `it has more than ${schemaPartsMax} keywords, names and members of lists`;
  return null;
}

/**
 * Whether a keyword is one depends on where it stands, and `$ref` makes a schema of anything. So everything counts but plain
 * values of an `enum`, which no reference makes costly. Without recursion: a schema may be nested as deep as it likes.
 */
function fits(schema: unknown): boolean {
  let parts = 0;
  const open: { readonly name: string; readonly value: unknown }[] = [{ name: '', value: schema }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { name: place, value } = next;
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, part] of Object.entries(value)) {
      parts += 1;
      if (parts > schemaPartsMax) return false;
      const isEnum = name === 'enum' && Array.isArray(part) && !holdLists.has(place);
      open.push({ name, value: isEnum ? part.filter(isCompound) : part });
    }
  }
  return true;
}

function isCompound(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
