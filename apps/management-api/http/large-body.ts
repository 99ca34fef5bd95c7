/**
 * In: the text of a body of many MiB. Out: its value. Holds: it is a list, read element by element, so that the event loop is
 * free in between; an element that no event could need, or one more than a list may have, is refused or ends the reading.
 */
import { ElementTooLongError, elementTexts } from '../../../libs/domain/payload/json-list.ts';
import { JsonSyntaxError, jsonErrorAt } from '../../../libs/domain/payload/json-error.ts';
import { outlineJson } from '../../../libs/domain/payload/json-outline.ts';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import type { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import { ProblemError } from './problem-error.ts';

export interface LargeBodyLimits {
  readonly elementsMax: number;
  /** Characters of one element: what can be parsed in one step. */
  readonly elementCharsMax: number;
  readonly depthMax: number;
}

/**
 * At most one element more than `elementsMax`: enough for the validation that follows to refuse the list.
 * @throws SyntaxError, ProblemError payload_too_large, malformed_json
 */
export async function parseLargeBody(text: string, limits: LargeBodyLimits, turns: TimeSlices): Promise<unknown[]> {
  const { elementsMax, elementCharsMax, depthMax } = limits;
  if (/^\s{0,100}\{/.test(text)) throw tooLarge('The body', elementCharsMax);
  const values: unknown[] = [];
  const elements = elementTexts(text, elementCharsMax);
  let at = text.indexOf('[') + 1;
  for (;;) {
    const element = nextOf(elements, values.length, elementCharsMax);
    if (element === null) break;
    const pause = turns.over();
    if (pause !== null) await pause;
    values.push(parsedAt(element, at));
    at += element.length + 1;
    if (outlineJson(element, null).depth >= depthMax) {
      throw new ProblemError('malformed_json', `The body is nested deeper than ${depthMax} levels.`);
    }
    if (values.length > elementsMax) break;
  }
  return values;
}

/** @throws JsonSyntaxError that knows the place in the whole text */
function parsedAt(element: string, at: number): unknown {
  try {
    return parseLossless(element);
  } catch (error) {
    const within = error instanceof SyntaxError ? jsonErrorAt(element) : null;
    throw within === null ? error : new JsonSyntaxError('no JSON', at + within);
  }
}

function nextOf(elements: Generator<string, void>, index: number, charsMax: number): string | null {
  try {
    return elements.next().value ?? null;
  } catch (error) {
    if (error instanceof ElementTooLongError) throw tooLarge(`/${index}`, charsMax);
    throw error;
  }
}

function tooLarge(where: string, charsMax: number): ProblemError {
  return new ProblemError('payload_too_large', `${where} has more than ${charsMax} characters.`);
}
