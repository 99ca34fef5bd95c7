/**
 * Counts the work of a compiled JSON Schema, so that no schema and no data take longer than a bound: every keyword that
 * is judged is a step, with what it looks at. Counted, not timed: the same data ends the same each time.
 */
import { _, type Ajv, type KeywordCxt } from 'ajv';

/** More than the largest event needs with any schema that somebody would write; some 50 ms at the worst. */
export const schemaStepsMax = 1_000_000;

export class StepsExceeded extends Error {}

/** Of these it matters how large the data is: they look at each item, member or character. */
const perPart = new Set(
  (
    'items additionalItems contains unevaluatedItems additionalProperties unevaluatedProperties patternProperties ' +
    'propertyNames minProperties maxProperties format minLength maxLength'
  ).split(' '),
);
const charactersAStep = 32;

export class SchemaSteps {
  #left = Infinity;

  /** Until the next call. Without one, and after `Infinity`, nothing is counted. */
  allow(steps: number): void {
    this.#left = steps;
  }

  /** @throws StepsExceeded */
  readonly spend = (steps: number): void => {
    this.#left -= steps;
    if (this.#left < 0) throw new StepsExceeded();
  };

  readonly spendOn = (data: unknown, weight: number): void => {
    this.spend(weight * (1 + sizeOf(data)));
  };

  /** Every keyword of the instance counts from now on. */
  watch(ajv: Pick<Ajv, 'RULES'>): void {
    for (const rule of Object.values(ajv.RULES.all)) {
      if (typeof rule !== 'object' || !('code' in rule.definition)) continue;
      const { code, ...definition } = rule.definition;
      const { spend, spendOn } = this;
      rule.definition = {
        ...definition,
        code(cxt: KeywordCxt, ruleType?: string) {
          const weight = weightOf(rule.keyword, cxt);
          const counter = cxt.gen.scopeValue('func', { ref: perPart.has(rule.keyword) ? spendOn : spend });
          if (perPart.has(rule.keyword)) cxt.gen.code(_`${counter}(${cxt.data}, ${weight})`);
          else cxt.gen.code(_`${counter}(${weight})`);
          code(cxt, ruleType);
        },
      };
    }
  }
}

/** Entries of the keyword itself: of `properties`, `required`, `allOf` each is looked at. */
function weightOf(keyword: string, { schema, parentSchema }: KeywordCxt): number {
  if (keyword === 'additionalProperties') return 1 + entriesOf(parentSchema['patternProperties']);
  if (perPart.has(keyword) && keyword !== 'patternProperties') return 1;
  return 1 + entriesOf(schema);
}

function entriesOf(schema: unknown): number {
  return typeof schema === 'object' && schema !== null ? Object.keys(schema).length : 0;
}

function sizeOf(data: unknown): number {
  if (typeof data === 'string') return Math.ceil(data.length / charactersAStep);
  if (Array.isArray(data)) return data.length;
  return entriesOf(data);
}
