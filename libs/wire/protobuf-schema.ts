/**
 * Protobuf schemas of a registry. In: the text of a .proto file, and of those that it imports. Out: its messages, by their place or name.
 * Holds: a schema is of bounded size before anything is made of it; no code is made of it.
 * Source: Confluent Schema Registry, "Wire format", "Protobuf" (message indexes); Apicurio Registry, serde `Ref`.
 */
import protobuf from 'protobufjs';

/** A file, by the name that others import it under. */
export interface ProtoFile {
  readonly name: string;
  readonly text: string;
}

/** Of all files together. */
const charsMax = 1024 * 1024;
const filesMax = 200;
const fileCharsMax = 256 * 1024;
/** The parser takes time by the square of what a message has. */
const statementsMax = 6_000;
const fileStatementsMax = 2_000;
const fileCommasMax = 1_000;
/** As the parser bounds messages, so are parentheses, brackets and options. */
const nestingMax = 32;

/** Of Confluent's serializers, which have it without a reference. */
const confluentDecimal = `syntax = "proto3"; package confluent.type;
message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`;
/** Files that carry options alone, or that are known here. */
const known = /^(google\/protobuf\/|confluent\/(meta|types\/|type\/))/;
/** The same, under whatever name they are referred to. */
const knownPackage = /(?:^|[\s;])package\s+(?:google\.protobuf|confluent(?:\.type)?)\s*;/;
const commonFiles = ['any', 'duration', 'empty', 'field_mask', 'struct', 'timestamp', 'wrappers'];

export class ProtobufSchema {
  /** In the order of the file: what message indexes count. */
  private readonly top: readonly protobuf.Type[];
  private readonly root = new protobuf.Root();
  private readonly package: string;

  /** @throws Error saying why it cannot be used */
  constructor(text: string, imports: readonly ProtoFile[]) {
    requireBounds([{ name: 'schema', text }, ...imports]);
    // First: what is in its package now is of this file.
    const own = protobuf.parse(text, this.root, { keepCase: true });
    this.package = own.package ?? '';
    const scope = this.package === '' ? this.root : this.root.lookup(this.package);
    this.top = scope instanceof protobuf.Namespace ? messagesOf(scope) : [];
    const files = imports.filter(({ name, text: one }) => !known.test(name) && !knownPackage.test(one));
    for (const one of new Set(files.map((file) => file.text))) protobuf.parse(one, this.root, { keepCase: true });
    protobuf.parse(confluentDecimal, this.root, { keepCase: true });
    for (const name of commonFiles) {
      const { nested } = protobuf.common.get(`google/protobuf/${name}.proto`) ?? {};
      if (nested !== undefined) this.root.addJSON(nested);
    }
    const there = new Set(imports.map(({ name }) => name));
    const missing = (own.imports ?? []).filter((name) => !there.has(name) && !known.test(name));
    try {
      this.root.resolveAll();
    } catch (cause) {
      const why = missing.length === 0 ? '' : `: it imports ${missing.join(', ')}, which its references do not name`;
      throw new Error(`a type of it is not there${why}`, { cause });
    }
  }

  /** @param indexes of a message among those around it, from outside in. Null: there is none */
  byIndexes(indexes: readonly number[]): protobuf.Type | null {
    let found: protobuf.Type | null = null;
    for (const index of indexes) found = (found === null ? this.top : messagesOf(found))[index] ?? null;
    return found;
  }

  /** @param name with its package or without. Null: there is none */
  byName(name: string): protobuf.Type | null {
    const isPlain = /^[A-Za-z_][\w.]*$/.test(name);
    const found = isPlain
      ? (this.root.lookup(`${this.package}.${name}`.replace(/^\./, '')) ?? this.root.lookup(name))
      : null;
    return found instanceof protobuf.Type ? found : null;
  }
}

/** Groups are written as messages, and counted as none. */
function messagesOf(scope: protobuf.NamespaceBase): readonly protobuf.Type[] {
  return scope.nestedArray.filter(
    (one): one is protobuf.Type => one instanceof protobuf.Type && (one as { group?: boolean }).group !== true,
  );
}

function requireBounds(files: readonly ProtoFile[]): void {
  requireAtMost(filesMax, files.length, 'files');
  requireAtMost(
    charsMax,
    files.reduce((sum, { text }) => sum + text.length, 0),
    'characters',
  );
  let statements = 0;
  for (const { text } of files) {
    requireAtMost(fileCharsMax, text.length, 'characters in a file');
    const own = outlineOf(text);
    requireAtMost(nestingMax, own.deepest, 'levels of brackets');
    requireAtMost(fileStatementsMax, own.statements, 'statements in a file');
    requireAtMost(fileCommasMax, own.commas, 'commas in a file');
    statements += own.statements;
  }
  requireAtMost(statementsMax, statements, 'statements');
}

function requireAtMost(max: number, count: number, what: string): void {
  if (count > max) throw new Error(`it has more than ${max} ${what}`);
}

/** Comments and texts count too: it is a bound, not a measure. */
function outlineOf(text: string) {
  let [depth, deepest, statements, commas] = [0, 0, 0, 0];
  for (const character of text) {
    if (character === ';') statements += 1;
    else if (character === ',') commas += 1;
    else if (character === '{' || character === '[' || character === '(') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (character === '}' || character === ']' || character === ')') depth -= 1;
  }
  return { deepest, statements, commas };
}
