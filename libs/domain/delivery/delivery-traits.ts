/**
 * What a delivery is found by beside whose it is, its type and the time of its event. In: words as a query has them. Out: what
 * they mean in numbers. Each trait is a list of which one has to hold, and all traits that are given have to. Pure.
 */
import type { DeliveryKind, Trigger } from './delivery.ts';
import type { DeliveryStatus } from './outcome.ts';

export interface DeliveryTraits {
  /** Where the delivery stands now. */
  readonly status?: readonly DeliveryStatus[] | undefined;
  /** Why it stands so. */
  readonly reason?: readonly string[] | undefined;
  /** Of the last attempt: `404`, `4xx`, or `none` where no answer came. */
  readonly responseCode?: readonly string[] | undefined;
  /** Of the last attempt. */
  readonly errorKind?: readonly string[] | undefined;
  readonly kind?: readonly DeliveryKind[] | undefined;
  /** Of any of its attempts. */
  readonly trigger?: readonly Trigger[] | undefined;
  /** How many were made: `3`, `2..5`, `2..` or `..5`. */
  readonly attempts?: readonly string[] | undefined;
  /** RFC 3339, as all times here: the last attempt began then or later. */
  readonly attemptedFrom?: string | undefined;
  /** The last attempt began before then. */
  readonly attemptedTo?: string | undefined;
  /** It was made by fan-out then or later. */
  readonly arrivedFrom?: string | undefined;
  /** It was made by fan-out before then. */
  readonly arrivedTo?: string | undefined;
}

export const traitNames = [
  'status',
  'reason',
  'responseCode',
  'errorKind',
  'kind',
  'trigger',
  'attempts',
  'attemptedFrom',
  'attemptedTo',
  'arrivedFrom',
  'arrivedTo',
] as const satisfies readonly (keyof DeliveryTraits)[];

export interface CodeChoice {
  readonly codes: readonly number[];
  /** 4 stands for 400 to 499. */
  readonly classes: readonly number[];
  readonly isNone: boolean;
}

export function codeChoiceOf(words: readonly string[]): CodeChoice {
  return {
    codes: words.filter((word) => /^\d{3}$/.test(word)).map(Number),
    classes: words.filter((word) => /^\dxx$/.test(word)).map((word) => Number(word.slice(0, 1))),
    isNone: words.includes('none'),
  };
}

export interface CountRange {
  readonly least: number;
  readonly most: number;
}

const countMax = 2_147_483_647;

/** Null for a text that is no range, or an empty one. */
export function countRangeOf(text: string): CountRange | null {
  const [, exact, least, most] = /^(?:(\d{1,6})|(\d{0,6})\.\.(\d{0,6}))$/.exec(text) ?? [];
  if (exact !== undefined) return { least: Number(exact), most: Number(exact) };
  if (least === undefined || most === undefined || least + most === '') return null;
  const range = { least: Number(least), most: most === '' ? countMax : Number(most) };
  return range.least > range.most ? null : range;
}
