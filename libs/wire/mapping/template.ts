/**
 * Texts with places in them: `customer.${value.op}`. In: the text of a mapping file, then records. Out: a text, or, when the whole is
 * one place, what lies there as it is.
 */
import { rawNumberOf } from '../../domain/payload/lossless-json.ts';
import { outlineJson } from '../../domain/payload/json-outline.ts';
import { headerOf, isObject, type Found, type MappingInput } from './mapping-input.ts';

type Root = 'value' | 'row' | 'key' | 'header' | 'topic' | 'partition' | 'offset' | 'timestamp';

/** One place in a record, such as `${value.after.id}`. */
export interface Place {
  readonly root: Root;
  readonly path: readonly (string | number)[];
  readonly shown: string;
}

export interface Template {
  /** Texts and places, in turns. */
  readonly parts: readonly (string | Place)[];
}

const roots = new Set<string>(['value', 'row', 'key', 'header', 'topic', 'partition', 'offset', 'timestamp']);
const withPath = new Set<string>(['value', 'row', 'key']);
const pathStep = /^(?:\.([^.[\]{}"\s]+)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\])/;

/** @throws Error saying what is wrong with it */
export function parseTemplate(text: string): Template {
  const parts: (string | Place)[] = [];
  let at = 0;
  for (let open = text.indexOf('${'); open >= 0; open = text.indexOf('${', at)) {
    const close = text.indexOf('}', open);
    if (close < 0) throw new Error(`'\${' without '}'`);
    if (open > at) parts.push(text.slice(at, open));
    parts.push(placeOf(text.slice(open + 2, close).trim()));
    at = close + 1;
  }
  if (at < text.length) parts.push(text.slice(at));
  return { parts };
}

function placeOf(written: string): Place {
  const root = /^[a-z]+/.exec(written)?.[0] ?? '';
  const shown = `\${${written}}`;
  if (!roots.has(root)) throw new Error(`${shown} does not begin with ${[...roots].join(', ')}`);
  let rest = written.slice(root.length);
  if (root === 'header') {
    if (!/^\.[^\s{}]+$/.test(rest)) throw new Error(`${shown} names no header: write \${header.NAME}`);
    return { root, path: [rest.slice(1)], shown };
  }
  const path: (string | number)[] = [];
  while (rest !== '') {
    const step = pathStep.exec(rest);
    if (step === null || !withPath.has(root)) throw new Error(`${shown} cannot be read from '${rest}' on`);
    const [all, name, index, quoted] = step;
    path.push(name ?? (index === undefined ? (JSON.parse(quoted ?? '""') as string) : Number(index)));
    rest = rest.slice(all.length);
  }
  return { root: root as Root, path, shown };
}

export function evaluateTemplate({ parts }: Template, input: MappingInput): Found {
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'object') return lookUp(only, input);
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else {
      const found = lookUp(part, input);
      if (!found.ok) return found;
      const inner = plainText(found.value);
      if (inner === null)
        return { ok: false, gap: `${part.shown} is ${kindOf(found.value)}, and cannot be part of a text` };
      text += inner;
    }
  }
  return { ok: true, value: text };
}

/** Of a text, a number with all of its digits, or a boolean. Null: it is none of those. */
export function plainText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return rawNumberOf(value);
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return isObject(value) && rawNumberOf(value) === null ? 'an object' : `a ${typeof value}`;
}

function lookUp(place: Place, input: MappingInput): Found {
  const { record } = input;
  switch (place.root) {
    case 'topic':
    case 'partition':
    case 'offset':
      return { ok: true, value: record[place.root] };
    case 'timestamp':
      return { ok: true, value: record.timestampMs };
    case 'header':
      return headerOf(record, String(place.path[0]));
    case 'key':
      return input.key.ok ? follow(input.key.value, place) : input.key;
    case 'value':
      return withText(follow(input.value, place), place, input.valuePath, input);
    case 'row':
      if (input.row === undefined) return { ok: false, gap: 'the record has no row: it is no change event' };
      return withText(follow(input.row, place), place, input.rowPath, input);
  }
}

function follow(root: unknown, { root: name, path, shown }: Place): Found {
  let value = root;
  for (const [index, step] of path.entries()) {
    const isThere =
      typeof step === 'number'
        ? Array.isArray(value) && step < value.length
        : isObject(value) && Object.hasOwn(value, step);
    if (!isThere) {
      const before = [name, ...path.slice(0, index)].join('.');
      const cause =
        isObject(value) || Array.isArray(value) ? `${before} has no ${step}` : `${before} is ${kindOf(value)}`;
      return { ok: false, gap: `${shown} is not there: ${cause}` };
    }
    value = (value as Record<string | number, unknown>)[step];
  }
  return { ok: true, value };
}

/** A list or an object goes out as its producer wrote it. */
function withText(found: Found, { path }: Place, before: readonly string[], { text }: MappingInput): Found {
  if (!found.ok || typeof found.value !== 'object' || found.value === null) return found;
  let part: string | undefined = text;
  for (const step of [...before, ...path]) {
    if (part === undefined || typeof step === 'number') return found;
    part = outlineJson(part, step).span?.text;
  }
  return part === undefined ? found : { ...found, text: part };
}
