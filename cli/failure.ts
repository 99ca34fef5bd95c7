/** Anything that ends a command early, as one sentence with the way out, and the exit code that goes with it. */
import { ApiProblem, ApiUnreachable } from '../libs/api-client/api-problem.ts';
import { ConfigError } from '../libs/runtime/config.ts';
import type { ExitKind } from './exit-codes.ts';

export class CliFailure extends Error {
  readonly kind: ExitKind;
  /** Lines of their own behind the sentence. */
  readonly more: readonly string[];

  constructor(kind: ExitKind, sentence: string, options?: ErrorOptions & { readonly more?: readonly string[] }) {
    super(sentence, options);
    this.kind = kind;
    this.more = options?.more ?? [];
  }
}

export interface ToldFailure {
  readonly kind: ExitKind;
  /** Stable, for programs. */
  readonly code: string;
  /** The first is a sentence of its own, what follows is more about it. */
  readonly lines: readonly string[];
}

/** What to tell of any error. Nothing of it holds a key or a secret: none of these errors was ever given one. */
export function toldOf(error: unknown): ToldFailure {
  if (error instanceof CliFailure) return { kind: error.kind, code: error.kind, lines: [error.message, ...error.more] };
  if (error instanceof ApiProblem) return { kind: 'refused', code: error.code, lines: problemLines(error) };
  if (error instanceof ApiUnreachable) {
    const way = 'Is it running (npm start), and is its address right (--api-url or DEEPERHUB_API_URL)?';
    return { kind: 'unreachable', code: error.code, lines: [`${error.message}.`, way] };
  }
  if (error instanceof ConfigError) {
    return { kind: 'usage', code: error.code, lines: ['The configuration is wrong.', ...error.problems] };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'defect', code: 'defect', lines: [message] };
}

function problemLines(problem: ApiProblem): readonly string[] {
  const { status, code, errors, retryAfterS, requestId } = problem;
  const lines = [`${problem.message} (${code}, HTTP ${status})`];
  for (const { path, message } of errors) lines.push(`${path === '' ? 'the body' : path}: ${message}`);
  if (retryAfterS !== null) lines.push(`Try again in ${retryAfterS} s.`);
  // Of what is the caller's to mend, the log says no more.
  if (requestId !== null && status >= 500) lines.push(`The log of the API has it under ${requestId}.`);
  const way = waysOut[code];
  if (way !== undefined) lines.push(way);
  return lines;
}

const waysOut: Readonly<Record<string, string>> = {
  unauthenticated:
    'Give a key that is in force: DEEPERHUB_API_KEY, DEEPERHUB_API_KEY_FILE or --key-file; npm start keeps one in .data/admin-api-key.',
  forbidden: 'This needs a key of another role.',
};
