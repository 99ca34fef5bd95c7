/** A part of a whole as people read it. Pure. */

const digits = 4;
const least = 10 ** -digits;

/** A rate of 0 to 1 to four decimals; null of none. Only none is 0, and only all is 1. */
export function roundedRate(rate: number | null): number | null {
  if (rate === null || rate <= 0 || rate >= 1) return rate;
  return Number(Math.min(Math.max(rate, least), 1 - least).toFixed(digits));
}
