/**
 * `uniqueItems`, `enum` and `const` by what values are written as. Ajv compares item with item, in quadratic time, and
 * asks objects for their `toString`, which data may have as a member of its own. Here every value is read once.
 */
import type { Ajv, ErrorObject } from 'ajv';
import { textOfValue } from '../domain/payload/equal-json.ts';

/** Told of the work. It may throw to end it. */
type Spend = (steps: number) => void;

/** Making texts and keeping them takes longer than looking at them. */
const charactersAStep = 2;

interface KeywordCheck {
  (data: unknown): boolean;
  errors?: Partial<ErrorObject>[];
}
type Judge = (data: unknown) => Pick<ErrorObject, 'message' | 'params'> | null;

/** Replaces the three keywords where they stand, so that the order in which a schema is judged stays. */
export function compareByText(ajv: Pick<Ajv, 'RULES'>, spend: Spend = () => undefined): void {
  const read = (value: unknown) => {
    const text = textOfValue(value);
    spend(1 + Math.ceil(text.length / charactersAStep));
    return text;
  };
  replace(ajv, 'uniqueItems', (isWanted) => (isWanted === true ? (data) => firstRepetition(data, read) : () => null));
  replace(ajv, 'enum', (allowed) => {
    const texts = new Set((allowed as readonly unknown[]).map(textOfValue));
    if (texts.size === 0) throw new Error('enum must have non-empty array');
    const misfit = { message: 'must be equal to one of the allowed values', params: { allowedValues: allowed } };
    return (data) => (texts.has(read(data)) ? null : misfit);
  });
  replace(ajv, 'const', (allowed) => {
    const text = textOfValue(allowed);
    const misfit = { message: 'must be equal to constant', params: { allowedValue: allowed } };
    return (data) => (read(data) === text ? null : misfit);
  });
}

function firstRepetition(data: unknown, read: (value: unknown) => string): ReturnType<Judge> {
  const seen = new Map<string, number>();
  for (const [i, item] of (data as readonly unknown[]).entries()) {
    const text = read(item);
    const j = seen.get(text);
    if (j !== undefined) {
      return { message: `must NOT have duplicate items (items ## ${j} and ${i} are identical)`, params: { i, j } };
    }
    seen.set(text, i);
  }
  return null;
}

function replace(ajv: Pick<Ajv, 'RULES'>, keyword: string, judgeOf: (schema: unknown) => Judge): void {
  const rule = ajv.RULES.all[keyword];
  if (typeof rule !== 'object') throw new Error(`Ajv has no keyword ${keyword}`);
  const { type, schemaType } = rule.definition;
  rule.definition = {
    keyword,
    type,
    schemaType,
    errors: true,
    compile(schema: unknown) {
      const judge = judgeOf(schema);
      const validate: KeywordCheck = (data) => {
        const misfit = judge(data);
        validate.errors = misfit === null ? [] : [{ keyword, ...misfit }];
        return misfit === null;
      };
      return validate;
    },
  };
}
