/** A problem as it is answered: RFC 9457 with a stable code and every field that is wrong. */
import Type, { type Static } from 'typebox';
import { problemCodes, type ProblemCode } from './problem-codes.ts';

export const fieldProblemSchema = Type.Object({
  path: Type.String({ description: 'JSON Pointer (RFC 6901) into the body, or `/` and the name of a parameter.' }),
  rule: Type.String({ description: 'The rule that is broken, such as required, pattern or scheme.' }),
  message: Type.String({ description: 'For people.' }),
});
export type FieldProblem = Static<typeof fieldProblemSchema>;

export const problemSchema = Type.Object({
  type: Type.String({ description: 'The path of a page about the code: what it means and what to do.' }),
  title: Type.String({ description: 'The same for every problem of this code.' }),
  status: Type.Integer({ description: 'The HTTP status.' }),
  code: Type.Enum(Object.keys(problemCodes) as ProblemCode[], { description: 'Stable: made for programs.' }),
  detail: Type.String({ description: 'What happened this time, for people.' }),
  errors: Type.Optional(Type.Array(fieldProblemSchema, { description: 'Every field that is wrong.' })),
  requestId: Type.String({ description: 'To find the request in the log; also the header `x-request-id`.' }),
});
export type ProblemDocument = Static<typeof problemSchema>;

export const problemMediaType = 'application/problem+json';

export function problemDocument(
  code: ProblemCode,
  detail: string,
  more: { readonly errors?: readonly FieldProblem[]; readonly requestId: string },
): ProblemDocument {
  const { status, title } = problemCodes[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    code,
    detail,
    ...(more.errors === undefined ? {} : { errors: [...more.errors] }),
    requestId: more.requestId,
  };
}
