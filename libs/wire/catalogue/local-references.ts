/**
 * References within the documents that are at hand (RFC 6901 pointers in the fragment). Holds: nothing is ever fetched; a chain of references
 * has an end, and all of them together have a price.
 */
import { pointerNames, pointerToken } from '../../domain/payload/json-pointer.ts';
import { UnreadablePart } from './found-type.ts';
import { ReadingBudget } from './reading-budget.ts';

export type Members = Readonly<Record<string, unknown>>;

export interface Located {
  /** Name of the document: empty for the main one. */
  readonly file: string;
  /** JSON Pointer. */
  readonly pointer: string;
  readonly value: unknown;
}

const chainMax = 20;

export class LocalReferences {
  /** Of all that is read of these documents. */
  readonly budget = new ReadingBudget();
  private readonly files: ReadonlyMap<string, unknown>;

  /** @param others by the names under which they are referred to */
  constructor(main: unknown, others: ReadonlyMap<string, unknown> = new Map()) {
    this.files = new Map([...others, ['', main]]);
  }

  /** @param from the document that the reference stands in. @throws UnreadablePart */
  find(reference: string, from: string): Located {
    this.budget.spend(2 + reference.length / 20);
    const [name, fragment] = splitAt(reference, '#');
    const file = name === '' ? from : name;
    if (!this.files.has(file)) {
      throw new UnreadablePart(
        `it refers to ${shown(reference)}, which is outside of the document: nothing is fetched`,
      );
    }
    const pointer = decoded(fragment);
    if (pointer !== '' && !pointer.startsWith('/')) {
      throw new UnreadablePart(`it refers to the anchor ${shown(reference)}: only pointers are followed`);
    }
    let value = this.files.get(file);
    for (const member of pointerNames(pointer)) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) {
        throw new UnreadablePart(`it refers to ${shown(reference)}, which is not there`);
      }
      value = (value as Members)[member];
    }
    return { file, pointer, value };
  }

  /** An object, or the one that it refers to in the end. @throws UnreadablePart */
  follow(value: unknown, pointer: string): { readonly members: Members; readonly pointer: string } {
    let at: Located = { file: '', pointer, value };
    this.budget.spend(2);
    for (let hops = 0; hops <= chainMax; hops += 1) {
      const members = membersOf(at.value);
      if (members === null) throw new UnreadablePart('it is no object');
      const reference = members['$ref'];
      if (typeof reference !== 'string') return { members, pointer: at.pointer };
      at = this.find(reference, at.file);
    }
    throw new UnreadablePart(`it refers to itself, or through more than ${chainMax} others`);
  }
}

/** Null: it is no object. */
export function membersOf(value: unknown): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

export function pointerTo(...tokens: readonly string[]): string {
  return tokens.map(pointerToken).join('');
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** A fragment is percent-encoded. */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    throw new UnreadablePart(`#${fragment.slice(0, 100)} is no reference`);
  }
}

function shown(reference: string): string {
  return reference.slice(0, 100);
}
