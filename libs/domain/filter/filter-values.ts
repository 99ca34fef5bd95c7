/** The values that filters compare, and how: types are never converted, numbers are compared exactly. */
import { compareDecimals, rawNumberOf } from '../payload/lossless-json.ts';

/** Characters of a number that a double does not hold; a longer one equals nothing. */
export const longNumberLengthMax = 100;

/** A number that a double does not hold, as it was written (libs/domain/payload/lossless-json.ts). */
interface LongNumber {
  readonly rawJSON: string;
}
export type Scalar = string | number | boolean | null | LongNumber;
export type ValueTest = (value: unknown) => boolean;

export function isScalar(value: unknown): value is Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return true;
  return isLongNumber(value);
}

export function isLongNumber(value: unknown): value is LongNumber {
  return rawNumberOf(value) !== null;
}

/** No double equals a number that is kept as it was written, so one of them never equals the other kind. */
export function equals(operand: Scalar): ValueTest {
  if (!isLongNumber(operand)) return (value) => value === operand;
  const text = operand.rawJSON;
  return (value) => {
    const other = comparableText(value);
    return other !== null && typeof value !== 'number' && compareDecimals(other, text) === 0;
  };
}

/** The text of a number; null: it is none, or too long to be compared. */
function comparableText(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : rawNumberOf(value);
  return text === null || text.length > longNumberLengthMax ? null : text;
}

export function beginsWith(prefix: string): ValueTest {
  return (value) => typeof value === 'string' && value.startsWith(prefix);
}

export type OrderOperator = '$gt' | '$gte' | '$lt' | '$lte';

export function ordered(operator: OrderOperator, operand: Scalar): ValueTest {
  const ofNumbers = typeof operand === 'string' ? null : orderedExactly(operator, operand);
  if (isLongNumber(operand)) return (value) => ofNumbers?.(value) === true;
  const plain = orderedPlainly(operator, operand);
  // Almost all numbers are doubles: those are compared as such.
  return (value) => plain(value) || (typeof value === 'object' && ofNumbers?.(value) === true);
}

function orderedExactly(operator: OrderOperator, operand: Scalar): ValueTest {
  const bound = comparableText(operand) ?? '0';
  const isRight = orderedPlainly(operator, 0);
  return (value) => {
    const text = comparableText(value);
    return text !== null && isRight(compareDecimals(text, bound));
  };
}

function orderedPlainly(operator: OrderOperator, operand: Scalar): ValueTest {
  // Compared only when both are of the operand's type, so it may stand for either here.
  const bound = operand as number;
  const isComparable = (value: unknown): value is number => typeof value === typeof operand;
  switch (operator) {
    case '$gt':
      return (value) => isComparable(value) && value > bound;
    case '$gte':
      return (value) => isComparable(value) && value >= bound;
    case '$lt':
      return (value) => isComparable(value) && value < bound;
    case '$lte':
      return (value) => isComparable(value) && value <= bound;
  }
}
