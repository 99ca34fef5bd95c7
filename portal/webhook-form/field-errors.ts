/** What the server found wrong, by the field of the form that it stands at. */
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import type { FieldName } from './form-values.ts';

/** Members of a body whose parts have fields of their own. */
const parents = new Set(['retryPolicy', 'tls']);

export type FieldErrors = Readonly<Partial<Record<FieldName, string>>>;

export function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiProblem)) return {};
  const found: Record<string, string> = {};
  for (const { path, message } of error.errors) {
    const [first = '', second] = path.replace(/^[#/.]+/, '').split(/[/.]/);
    const name = parents.has(first) && second !== undefined ? second : first;
    found[name] = [...(found[name] === undefined ? [] : [found[name]]), message].join(' ');
  }
  return found;
}
