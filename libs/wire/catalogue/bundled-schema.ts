/**
 * In: a JSON Schema inside a document, and what it refers to there. Out: one that is whole in itself: what it refers to is in its `$defs`, once,
 * however often it is named, so nothing grows by being unrolled and what refers to itself stays as it is.
 * Holds: only where a keyword takes schemas is a `$ref` one; what is copied is bounded.
 */
import {
  define,
  keywordsOfNamedSchemas,
  keywordsOfSchema,
  keywordsOfSchemas,
} from '../../domain/event/schema-keywords.ts';
import { UnreadablePart } from './found-type.ts';
import { membersOf, type LocalReferences, type Members } from './local-references.ts';
import { schemaPartsMax } from '../schema-size.ts';

/** What gives a schema another address, what is brought along where it is needed, and what OpenAPI says beside. */
const leftOut = new Set('$id id $anchor $schema $defs definitions discriminator xml externalDocs example'.split(' '));
const notFollowed = ['$dynamicRef', '$recursiveRef'];
const depthMax = 100;
const hopsMax = 20;

/** @throws UnreadablePart */
export function bundledSchema(references: LocalReferences, schema: unknown, file = ''): object | boolean {
  return new Bundle(references).whole(schema, file);
}

interface Place {
  readonly value: unknown;
  readonly file: string;
}

class Bundle {
  private readonly references: LocalReferences;
  /** Names in `$defs`, by file and pointer. */
  private readonly names = new Map<string, string>();
  private readonly taken = new Set<string>();
  /** By the name that is wanted: the number that the last one got. */
  private readonly counts = new Map<string, number>();
  private readonly waiting: { readonly name: string; readonly place: Place }[] = [];
  private parts = 0;

  constructor(references: LocalReferences) {
    this.references = references;
  }

  whole(schema: unknown, file: string): object | boolean {
    const root = this.root({ value: schema, file });
    const copied = this.copy(root, 0);
    const dialect = membersOf(root.value)?.['$schema'];
    const own = typeof copied === 'object' && typeof dialect === 'string' ? { $schema: dialect, ...copied } : copied;
    const defs: Record<string, unknown> = {};
    for (let next = this.waiting.pop(); next !== undefined; next = this.waiting.pop()) {
      define(defs, next.name, this.copy(next.place, 0));
    }
    if (typeof own === 'boolean' || this.taken.size === 0) return own;
    const sorted = Object.entries(defs).sort(([a], [b]) => (a < b ? -1 : 1));
    return { ...own, $defs: Object.fromEntries(sorted) };
  }

  /** What is nothing but a reference stands for what it refers to. */
  private root(place: Place): Place {
    let at: Place = place;
    for (let hops = 0; hops <= hopsMax; hops += 1) {
      const members = membersOf(at.value);
      const reference = members?.['$ref'];
      if (members === null || typeof reference !== 'string' || Object.keys(members).length > 1) return at;
      const found = this.references.find(reference, at.file);
      at = found;
      // It may refer to itself further down.
      this.names.clear();
      this.names.set(`${found.file}#${found.pointer}`, '');
    }
    throw new UnreadablePart(`it refers to itself, or through more than ${hopsMax} others`);
  }

  private copy({ value, file }: Place, depth: number): object | boolean {
    if (typeof value === 'boolean') return value;
    const members = membersOf(value);
    if (members === null) throw new UnreadablePart('something in it is no schema');
    if (depth > depthMax) throw new UnreadablePart(`it is nested deeper than ${depthMax} levels`);
    const copied: Record<string, unknown> = {};
    for (const [keyword, member] of Object.entries(members)) {
      this.count(keyword);
      if (leftOut.has(keyword) || keyword.startsWith('x-')) continue;
      if (notFollowed.includes(keyword)) throw new UnreadablePart(`${keyword} is not followed`);
      define(
        copied,
        keyword,
        keyword === '$ref' ? this.reference(member, file) : this.member(keyword, member, file, depth),
      );
    }
    return copied;
  }

  private member(keyword: string, value: unknown, file: string, depth: number): unknown {
    const inside = (one: unknown) => this.copy({ value: one, file }, depth + 1);
    const { budget } = this.references;
    if (Array.isArray(value)) return keywordsOfSchemas.has(keyword) ? value.map(inside) : budget.spendOn(value);
    if (keywordsOfSchema.has(keyword)) return inside(value);
    const named = keywordsOfNamedSchemas.has(keyword) ? membersOf(value) : null;
    return named === null ? budget.spendOn(value) : this.named(named, inside);
  }

  private named(members: Members, inside: (one: unknown) => unknown): object {
    const copied: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(members)) {
      this.count(name);
      // `dependencies` of old names lists of names too.
      define(copied, name, Array.isArray(value) ? this.references.budget.spendOn(value) : inside(value));
    }
    return copied;
  }

  private reference(reference: unknown, from: string): string {
    if (typeof reference !== 'string') throw new UnreadablePart('a $ref in it is no text');
    const { file, pointer, value } = this.references.find(reference, from);
    const key = `${file}#${pointer}`;
    let name = this.names.get(key);
    if (name === undefined) {
      name = this.freeName(pointer.split('/').at(-1) || file || 'root');
      this.names.set(key, name);
      this.waiting.push({ name, place: { value, file } });
    }
    return name === '' ? '#' : `#/$defs/${name}`;
  }

  private freeName(wanted: string): string {
    const plain = wanted.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
    let name = plain;
    // Going on where the last one ended: counting anew takes the square of their number.
    for (let count = this.counts.get(plain) ?? 2; this.taken.has(name); count += 1) {
      name = `${plain}_${count}`;
      this.counts.set(plain, count);
    }
    this.taken.add(name);
    return name;
  }

  private count(name: string): void {
    this.references.budget.spend(1, name.length);
    this.parts += 1;
    if (this.parts > schemaPartsMax) throw new UnreadablePart(`its schema has more than ${schemaPartsMax} parts`);
  }
}
