/** A body that is not JSON, as a problem that says where: the parser's own message quotes what it read. */
import { JsonSyntaxError, jsonErrorAt, placeIn } from '../../../libs/domain/payload/json-error.ts';
import { ProblemError } from './problem-error.ts';

/** @param at index of what is wrong in the text */
export function malformedJson(text: string, at: number): ProblemError {
  const where = placeIn(text, at);
  const what = at >= text.length ? 'The body ends too early' : 'The body is not JSON';
  return new ProblemError('malformed_json', `${what}: ${where}.`);
}

/** Looks for the place when the error does not know it. @param text as large as one step may read when it does not */
export function notJson(text: string, error: SyntaxError): ProblemError {
  const at = error instanceof JsonSyntaxError ? error.at : jsonErrorAt(text);
  return at === null ? new ProblemError('malformed_json', undefined, { cause: error }) : malformedJson(text, at);
}
