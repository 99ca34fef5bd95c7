/** The times that a list is filtered by. */
import { invalid } from './problem-error.ts';

interface TimeParameters {
  readonly from?: string;
  readonly to?: string;
}

/** @throws ProblemError */
export function timeRangeOf({ from, to }: TimeParameters): { from: Date | undefined; to: Date | undefined } {
  refuseEmptyRange('', ['from', 'to'], from, to);
  return { from: dateOf(from), to: dateOf(to) };
}

/**
 * What nothing could lie between: an empty list would hide the mistake.
 * @param at path of what has the two
 * @throws ProblemError
 */
export function refuseEmptyRange(
  at: string,
  [fromName, toName]: readonly [from: string, to: string],
  from?: string,
  to?: string,
): void {
  if (from === undefined || to === undefined || Date.parse(from) < Date.parse(to)) return;
  throw invalid([{ path: `${at}/${toName}`, rule: 'range', message: `It has to be later than ${fromName}.` }]);
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
