/**
 * In: a .proto file and those that it imports. Out: the JSON Schema of what values of one of its messages become (protobuf-json.ts): 64-bit integers
 * are numbers, bytes base64, enums their names, well-known types as JSON has them.
 * Holds: a message is written once, in `$defs`, so what refers to itself has an end.
 */
import protobuf from 'protobufjs';
import { ProtobufSchema, type ProtoFile } from '../protobuf-schema.ts';
import { schemaPartsMax } from '../schema-size.ts';
import { UnreadablePart } from './found-type.ts';

/** @param name of the message; null: the first of the file. @throws UnreadablePart */
export function protobufSchema(text: string, imports: readonly ProtoFile[], name: string | null = null): object {
  let type: protobuf.Type | null;
  try {
    const schema = new ProtobufSchema(text, imports);
    type = name === null ? schema.byIndexes([0]) : schema.byName(name);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : String(cause);
    throw new UnreadablePart(`its Protobuf cannot be used: ${reason}`, { cause });
  }
  if (type === null)
    throw new UnreadablePart(name === null ? 'it has no message' : `it has no message ${name.slice(0, 100)}`);
  return new MessageSchemas().whole(type);
}

const integer = { type: 'integer' };
const number = { type: 'number' };
const scalars: Readonly<Record<string, object>> = {
  ...{ double: number, float: number },
  ...{ int32: integer, uint32: integer, sint32: integer, fixed32: integer, sfixed32: integer },
  ...{ int64: integer, uint64: integer, sint64: integer, fixed64: integer, sfixed64: integer },
  bool: { type: 'boolean' },
  string: { type: 'string' },
  bytes: { type: 'string', contentEncoding: 'base64' },
};
const wellKnown: Readonly<Record<string, object>> = {
  '.confluent.type.Decimal': number,
  '.google.protobuf.Timestamp': { type: ['string', 'null'], format: 'date-time' },
  '.google.protobuf.Duration': { type: ['string', 'null'] },
  '.google.protobuf.FieldMask': { type: 'string' },
  '.google.protobuf.Any': { type: 'object' },
  '.google.protobuf.Struct': { type: 'object' },
  '.google.protobuf.ListValue': { type: 'array' },
  '.google.protobuf.Value': {},
  '.google.protobuf.BoolValue': { type: 'boolean' },
  '.google.protobuf.StringValue': { type: 'string' },
  '.google.protobuf.BytesValue': { type: 'string', contentEncoding: 'base64' },
  ...Object.fromEntries(['Double', 'Float'].map((kind) => [`.google.protobuf.${kind}Value`, number])),
  ...Object.fromEntries(
    ['Int32', 'Int64', 'UInt32', 'UInt64'].map((kind) => [`.google.protobuf.${kind}Value`, integer]),
  ),
};

class MessageSchemas {
  /** By full name, in the order in which they were met. */
  private readonly defs = new Map<string, object>();
  private parts = 0;

  whole(type: protobuf.Type): object {
    const own = this.message(type);
    if (this.defs.size === 0) return own;
    return { ...own, $defs: Object.fromEntries([...this.defs].sort(([a], [b]) => (a < b ? -1 : 1))) };
  }

  private message(type: protobuf.Type): object {
    const properties = Object.fromEntries(type.fieldsArray.map((field) => [field.name, this.field(field)]));
    // Without presence a field is always there: with its default, where nothing was written.
    const required = type.fieldsArray.filter(isAlwaysThere).map(({ name }) => name);
    return {
      title: type.fullName.slice(1),
      type: 'object',
      properties,
      ...(required.length === 0 ? {} : { required }),
    };
  }

  private field(field: protobuf.Field): object {
    this.parts += 1;
    if (this.parts > schemaPartsMax) throw new UnreadablePart(`its schema has more than ${schemaPartsMax} parts`);
    const one = this.value(field);
    if (field.map) return { type: 'object', additionalProperties: one };
    return field.repeated ? { type: 'array', items: one } : one;
  }

  private value({ resolvedType, type }: protobuf.Field): object {
    // Numbers of a later version of the enum stay numbers.
    if (resolvedType instanceof protobuf.Enum) return { anyOf: [{ enum: Object.keys(resolvedType.values) }, integer] };
    if (resolvedType === null) return scalars[type] ?? {};
    const { fullName } = resolvedType;
    const known = Object.hasOwn(wellKnown, fullName) ? wellKnown[fullName] : undefined;
    if (known !== undefined) return known;
    const name = fullName.slice(1);
    if (!this.defs.has(name)) {
      this.defs.set(name, {});
      this.defs.set(name, this.message(resolvedType));
    }
    return { $ref: `#/$defs/${name}` };
  }
}

function isAlwaysThere(field: protobuf.Field): boolean {
  return field.repeated || field.map || (!(field.resolvedType instanceof protobuf.Type) && !field.hasPresence);
}
