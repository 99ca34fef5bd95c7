/**
 * In: the data of an event and its JSON text. Out: the same with the values of sensitive fields replaced.
 * Holds: no sensitive value leaves, however its name is spelled in the text (escapes, a name given twice); where
 * nothing is sensitive the text stays exactly as its producer wrote it.
 */
import type { JsonSpan } from './json-outline.ts';
import { parseLossless, rawNumberOf } from './lossless-json.ts';
import { maskedValue } from './request-headers.ts';

export { maskedValue };

/** Field names that are sensitive anywhere. Case, `_` and `-` do not count: `api_key` is `apiKey`. */
export class SensitiveNames {
  private readonly names: ReadonlySet<string>;
  /** Names come from producers: what was asked before is remembered, up to a bound. */
  private readonly known = new Map<string, boolean>();

  constructor(names: readonly string[]) {
    this.names = new Set(names.map(plainName));
  }

  has(name: string): boolean {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const isSensitive = this.names.has(plainName(name));
    if (this.known.size < 10_000 && name.length < 100) this.known.set(name, isSensitive);
    return isSensitive;
  }
}

/** What an event type masks: the sensitive names anywhere and its own paths. Made once per event type. */
export class Mask {
  private readonly names: SensitiveNames;
  private readonly paths: PathNode;

  /**
   * @param paths dotted, inside `data` (a leading `data.` may be there too); `*` stands for any name, lists are passed
   *   through, so `items.card` means the card of each item
   */
  constructor(names: SensitiveNames, paths: readonly string[]) {
    this.names = names;
    this.paths = pathTree(paths);
  }

  /** Masks `data` in place and returns it with its text. */
  apply(data: unknown, written: JsonSpan): { readonly data: unknown; readonly text: string } {
    const seen = { members: 0, masked: 0 };
    this.walk(data, [this.paths], seen);
    // A name that an object has twice is in the text but not in the data: such a text is never passed on.
    if (seen.masked === 0 && seen.members === written.members) return { data, text: written.text };
    const exact = parseLossless(written.text);
    this.walk(exact, [this.paths], seen);
    return { data, text: JSON.stringify(exact) };
  }

  private walk(value: unknown, nodes: readonly PathNode[], seen: { members: number; masked: number }): void {
    // A number that keeps its text is an object to look at, frozen and with a member; it is a number all the same.
    if (typeof value !== 'object' || value === null || rawNumberOf(value) !== null) return;
    if (Array.isArray(value)) {
      for (const item of value) this.walk(item, nodes, seen);
      return;
    }
    const members = value as Record<string, unknown>;
    for (const key of Object.keys(members)) {
      seen.members += 1;
      const below = nodes.length === 0 ? nodes : stepInto(nodes, key);
      if (this.names.has(key) || below.some((node) => node.isEnd)) {
        members[key] = maskedValue;
        seen.masked += 1;
      } else this.walk(members[key], below, seen);
    }
  }
}

interface PathNode {
  isEnd: boolean;
  readonly children: Map<string, PathNode>;
}

function pathTree(paths: readonly string[]): PathNode {
  const root: PathNode = { isEnd: false, children: new Map() };
  for (const path of paths) {
    const segments = path.replace(/\[[^[\]]*\]/g, '').split('.');
    if (segments.includes('')) continue;
    insert(root, segments);
    if (segments[0] === 'data' && segments.length > 1) insert(root, segments.slice(1));
  }
  return root;
}

function insert(root: PathNode, segments: readonly string[]): void {
  let node = root;
  for (const segment of segments) {
    let child = node.children.get(segment);
    if (child === undefined) {
      child = { isEnd: false, children: new Map() };
      node.children.set(segment, child);
    }
    node = child;
  }
  node.isEnd = true;
}

const nowhere: readonly PathNode[] = [];

function stepInto(nodes: readonly PathNode[], key: string): readonly PathNode[] {
  let next: PathNode[] | null = null;
  for (const node of nodes) {
    const named = node.children.get(key);
    const wild = node.children.get('*');
    if (named !== undefined) (next ??= []).push(named);
    if (wild !== undefined && wild !== named) (next ??= []).push(wild);
  }
  return next ?? nowhere;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}
