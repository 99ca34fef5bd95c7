/** The times that a list is filtered by. */
import { invalid } from './problem-error.ts';

interface TimeParameters {
  readonly from?: string;
  readonly to?: string;
}

/** @throws ProblemError when nothing could lie between them: an empty list would hide the mistake */
export function timeRangeOf({ from, to }: TimeParameters): { from: Date | undefined; to: Date | undefined } {
  const range = { from: dateOf(from), to: dateOf(to) };
  if (range.from !== undefined && range.to !== undefined && range.from >= range.to) {
    throw invalid([{ path: '/to', rule: 'range', message: 'It has to be later than from.' }]);
  }
  return range;
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
