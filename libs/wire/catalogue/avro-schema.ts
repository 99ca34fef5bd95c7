/**
 * In: an Avro schema. Out: the JSON Schema of what its values become (any-avro.ts): unions are their value alone, bytes base64, decimals numbers.
 * Holds: a type that is named is written once, in `$defs`, so what refers to itself has an end.
 */
import { define } from '../../domain/event/schema-keywords.ts';
import { UnreadablePart } from './found-type.ts';
import { membersOf, type Members } from './local-references.ts';
import { schemaPartsMax } from '../schema-size.ts';

const depthMax = 100;
const base64 = { type: 'string', contentEncoding: 'base64' };
const primitives: Readonly<Record<string, object>> = {
  null: { type: 'null' },
  boolean: { type: 'boolean' },
  int: { type: 'integer' },
  long: { type: 'integer' },
  float: { type: 'number' },
  double: { type: 'number' },
  bytes: base64,
  string: { type: 'string' },
};

/** @param schema as JSON value. @param referred to, what others need first. @throws UnreadablePart */
export function avroSchema(schema: unknown, referred: readonly unknown[] = []): object {
  const reading = new AvroReading();
  for (const one of referred) reading.read(one, '', 0);
  return reading.whole(schema);
}

class AvroReading {
  /** By full name: the name in `$defs`. */
  private readonly names = new Map<string, string>();
  private readonly defs: Record<string, object> = {};
  private parts = 0;

  whole(schema: unknown): object {
    const own = this.read(schema, '', 0);
    const used = this.reachable(own);
    return used.length === 0 ? own : { ...own, $defs: Object.fromEntries(used) };
  }

  read(schema: unknown, namespace: string, depth: number): object {
    this.parts += 1;
    if (this.parts > schemaPartsMax) throw new UnreadablePart(`its schema has more than ${schemaPartsMax} parts`);
    if (depth > depthMax) throw new UnreadablePart(`it is nested deeper than ${depthMax} levels`);
    if (typeof schema === 'string') return this.named(schema, namespace);
    if (Array.isArray(schema)) return this.union(schema, namespace, depth);
    const members = membersOf(schema);
    if (members === null) throw new UnreadablePart('something in it is no Avro schema');
    const { type, logicalType, items, values, symbols } = members;
    if (logicalType === 'decimal' && (type === 'bytes' || type === 'fixed'))
      return this.defined(members, namespace, () => ({ type: 'number' }));
    switch (type) {
      case 'array':
        return { type: 'array', items: this.read(items, namespace, depth + 1) };
      case 'map':
        return { type: 'object', additionalProperties: this.read(values, namespace, depth + 1) };
      case 'enum':
        return this.defined(members, namespace, () => ({ enum: textsOf(symbols) }));
      case 'fixed':
        return this.defined(members, namespace, () => base64);
      case 'record':
      case 'error':
        return this.defined(members, namespace, (own) => this.record(members, own, depth));
      default:
        return this.read(type, namespace, depth + 1);
    }
  }

  private named(name: string, namespace: string): object {
    const primitive = Object.hasOwn(primitives, name) ? primitives[name] : undefined;
    if (primitive !== undefined) return primitive;
    const known = this.names.get(fullName(name, namespace)) ?? this.names.get(name);
    if (known === undefined) throw new UnreadablePart(`it names the type ${name.slice(0, 100)}, which is not there`);
    return { $ref: `#/$defs/${known}` };
  }

  private union(branches: readonly unknown[], namespace: string, depth: number): object {
    const read = branches.map((branch) => this.read(branch, namespace, depth + 1));
    return read.length === 1 ? (read[0] as object) : { anyOf: read };
  }

  /** What has a name is in `$defs`, under its last part where that is free. */
  private defined({ name, namespace: own, doc }: Members, around: string, make: (namespace: string) => object): object {
    if (typeof name !== 'string') return make(around);
    const full = fullName(name, typeof own === 'string' ? own : around);
    const inside = full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : '';
    const key = this.freeName(full);
    this.names.set(full, key);
    define(this.defs, key, {});
    define(this.defs, key, { title: full, ...(typeof doc === 'string' ? { description: doc } : {}), ...make(inside) });
    return { $ref: `#/$defs/${key}` };
  }

  private record({ fields }: Members, namespace: string, depth: number): object {
    if (!Array.isArray(fields)) throw new UnreadablePart('a record in it has no fields');
    const properties: Record<string, object> = {};
    const required: string[] = [];
    for (const field of fields as unknown[]) {
      const { name, type, doc } = membersOf(field) ?? {};
      if (typeof name !== 'string') throw new UnreadablePart('a field in it has no name');
      const schema = this.read(type, namespace, depth + 1);
      define(properties, name, typeof doc === 'string' ? { description: doc, ...schema } : schema);
      required.push(name);
    }
    return { type: 'object', properties, required };
  }

  private freeName(full: string): string {
    const last = (full.split('.').at(-1) ?? full).replaceAll(/[^A-Za-z0-9_-]/g, '_');
    if (!Object.hasOwn(this.defs, last)) return last;
    return full.replaceAll(/[^A-Za-z0-9_.-]/g, '_');
  }

  /** Of all that is defined what the schema needs, in the order of names. */
  private reachable(from: object): [string, object][] {
    const needed = new Set<string>();
    const open: unknown[] = [from];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (typeof next !== 'object' || next === null) continue;
      const { $ref } = next as Members;
      const name = typeof $ref === 'string' ? $ref.slice('#/$defs/'.length) : null;
      if (name !== null && !needed.has(name)) {
        needed.add(name);
        open.push(this.defs[name]);
      }
      for (const inner of Object.values(next) as unknown[]) open.push(inner);
    }
    return [...needed].sort().map((name) => [name, this.defs[name] as object]);
  }
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
