/** Which records a mapping leaves out. As a mapping file has it: `{of, in}`, `{of, notIn}`,
 * `{of, exists}` or `{jsonata}`; a list: any of them. */
import { evaluate, jsonataIn, parseExpression, usesKey, type Computed, type Expression } from './expression.ts';
import { isObject, type MappingInput } from './mapping-input.ts';
import { plainText } from './template.ts';
import type { BoundedJsonata } from './bounded-jsonata.ts';

export type Condition =
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'in'; readonly of: Expression; readonly texts: readonly string[]; readonly isIn: boolean }
  | { readonly kind: 'exists'; readonly of: Expression; readonly exists: boolean }
  | { readonly kind: 'jsonata'; readonly of: Expression };

/** A record that its condition cannot be asked about. */
export type Judged = { readonly ok: true; readonly holds: boolean } | { readonly ok: false; readonly gap: string };

/** @throws Error saying what is wrong with it */
export function parseCondition(written: unknown): Condition {
  if (written === false) return { kind: 'any', of: [] };
  if (Array.isArray(written)) return { kind: 'any', of: written.map(parseCondition) };
  if (isObject(written)) {
    const { of, in: wanted, notIn, exists, jsonata, ...others } = written;
    const given = [wanted, notIn, exists].filter((one) => one !== undefined);
    if (Object.keys(others).length === 0) {
      if (typeof jsonata === 'string' && of === undefined && given.length === 0) {
        return { kind: 'jsonata', of: parseExpression({ jsonata }) };
      }
      const texts = textsOf(wanted ?? notIn);
      if (of !== undefined && jsonata === undefined && given.length === 1) {
        const place = parseExpression(of);
        if (typeof exists === 'boolean') return { kind: 'exists', of: place, exists };
        if (texts !== null) return { kind: 'in', of: place, texts, isIn: wanted !== undefined };
      }
    }
  }
  throw new Error(
    "must be {of: '${…}', in: […]}, {of: '${…}', notIn: […]}, {of: '${…}', exists: true or false}, {jsonata: …}, a list of such, or false",
  );
}

function textsOf(written: unknown): readonly string[] | null {
  if (!Array.isArray(written)) return null;
  const texts = written.map(plainText).filter((text) => text !== null);
  return texts.length === written.length ? texts : null;
}

export function judge(condition: Condition, input: MappingInput, computed: Computed): Judged {
  if (condition.kind === 'any') {
    for (const one of condition.of) {
      const judged = judge(one, input, computed);
      if (!judged.ok || judged.holds) return judged;
    }
    return { ok: true, holds: false };
  }
  const found = evaluate(condition.of, input, computed);
  switch (condition.kind) {
    case 'exists':
      return { ok: true, holds: (found.ok && found.value !== null) === condition.exists };
    case 'in': {
      const text = found.ok ? plainText(found.value) : null;
      return { ok: true, holds: (text !== null && condition.texts.includes(text)) === condition.isIn };
    }
    case 'jsonata':
      // What finds nothing is false, as in JSONata itself. What fails would be left out or let through by chance.
      if (found.ok) return { ok: true, holds: isTrue(found.value) };
      return found.isNothing === true ? { ok: true, holds: false } : found;
  }
}

/** JSONata, "$boolean()". */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTrue);
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

export function jsonataOf(condition: Condition): readonly BoundedJsonata[] {
  return condition.kind === 'any' ? condition.of.flatMap(jsonataOf) : jsonataIn(condition.of);
}

export function conditionUsesKey(condition: Condition): boolean {
  return condition.kind === 'any' ? condition.of.some(conditionUsesKey) : usesKey(condition.of);
}
