/**
 * Where one part of an event comes from, as a mapping file has it:
 *
 *     order.created                       a constant
 *     ${value.after.id}                   a place in the record; alone it keeps its type
 *     ['${header.id}', '${key}']          the first that is there and not null
 *     { jsonata: "value.items[0].sku" }   JSONata
 *     { json: '${value.payload}' }        JSON inside a text
 */
import { parseLossless } from '../../domain/payload/lossless-json.ts';
import { BoundedJsonata } from './bounded-jsonata.ts';
import { isObject, type Found, type MappingInput } from './mapping-input.ts';
import { evaluateTemplate, parseTemplate, type Template } from './template.ts';

export type Expression =
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'first'; readonly of: readonly Expression[] }
  | { readonly kind: 'json'; readonly of: Expression }
  | { readonly kind: 'jsonata'; readonly jsonata: BoundedJsonata }
  /** Of a preset. */
  | { readonly kind: 'own'; readonly find: (input: MappingInput) => Found };

/** Results of JSONata for one record: it is asynchronous, and everything else is not. */
export type Computed = ReadonlyMap<BoundedJsonata, Found>;

export const nothingComputed: Computed = new Map();

/** @throws Error saying what is wrong with it */
export function parseExpression(written: unknown): Expression {
  if (typeof written === 'string') return { kind: 'template', template: parseTemplate(written) };
  if (typeof written === 'number' || typeof written === 'boolean') return { kind: 'constant', value: written };
  if (Array.isArray(written)) {
    if (written.length === 0) throw new Error('is an empty list');
    return { kind: 'first', of: written.map(parseExpression) };
  }
  const [[name, inner] = [], ...more] = isObject(written) ? Object.entries(written) : [];
  if (more.length === 0 && name === 'jsonata' && typeof inner === 'string') {
    return { kind: 'jsonata', jsonata: new BoundedJsonata(inner) };
  }
  if (more.length === 0 && name === 'json') return { kind: 'json', of: parseExpression(inner) };
  throw new Error('must be a text (with ${…} for places in the record), a list of such, {jsonata: …} or {json: …}');
}

export function evaluate(expression: Expression, input: MappingInput, computed: Computed): Found {
  switch (expression.kind) {
    case 'constant':
      return { ok: true, value: expression.value };
    case 'template':
      return evaluateTemplate(expression.template, input);
    case 'own':
      return expression.find(input);
    case 'jsonata':
      return computed.get(expression.jsonata) ?? { ok: false, gap: 'the JSONata was not asked' };
    case 'json':
      return jsonIn(evaluate(expression.of, input, computed));
    case 'first': {
      const found = expression.of.map((one) => evaluate(one, input, computed));
      const there = found.find((one) => one.ok && one.value !== null) ?? found.find((one) => one.ok);
      return there ?? { ok: false, gap: found.map((one) => (one.ok ? '' : one.gap)).join('; ') };
    }
  }
}

/** What is not text is taken as it is: a converter may have unfolded it already. */
function jsonIn(found: Found): Found {
  if (!found.ok || typeof found.value !== 'string') return found;
  try {
    return { ok: true, value: parseLossless(found.value), text: found.value.trim() };
  } catch {
    return { ok: false, gap: 'the text is not JSON' };
  }
}

/** All JSONata in it. */
export function jsonataIn(expression: Expression): readonly BoundedJsonata[] {
  switch (expression.kind) {
    case 'jsonata':
      return [expression.jsonata];
    case 'json':
      return jsonataIn(expression.of);
    case 'first':
      return expression.of.flatMap(jsonataIn);
    default:
      return [];
  }
}

/** Whether the key has to be read for it. */
export function usesKey(expression: Expression): boolean {
  switch (expression.kind) {
    case 'template':
      return expression.template.parts.some((part) => typeof part === 'object' && part.root === 'key');
    case 'json':
      return usesKey(expression.of);
    case 'first':
      return expression.of.some(usesKey);
    default:
      return expression.kind === 'jsonata';
  }
}
