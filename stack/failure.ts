/** Something that the person at the terminal can put right: told as one sentence with the way out, no stack trace. */
export class StackFailure extends Error {
  readonly code = 'stack_failure';
}

/** The stop was asked for while something was starting. */
export class Stopped extends Error {
  readonly code = 'stopped';

  constructor() {
    super('stopped before it was up');
  }
}

/** One sentence for any error. */
export function sentenceOf(error: unknown): string {
  if (error instanceof StackFailure) return error.message;
  if (!(error instanceof Error)) return String(error);
  if (hasCode(error, 'ENOSPC')) return 'The disk is full: free some space and try again.';
  if (hasCode(error, 'EROFS')) return `${error.message}: this folder has to be writable, move it elsewhere.`;
  if (hasCode(error, 'EACCES')) return `${error.message}: make it accessible to this user and try again.`;
  const reason = error.cause instanceof Error ? error.cause.message : '';
  // kafkajs repeats the message of a cause in its own.
  const cause = reason === '' || error.message.includes(reason) ? '' : `: ${reason}`;
  const within = messagesWithin(error);
  return [error.message + cause, within].filter((text) => text !== '').join(': ');
}

/** Node (several addresses) and kafkajs (several topics) gather errors whose own message says little or nothing. */
function messagesWithin(error: Error): string {
  const { errors } = error as { errors?: unknown };
  if (!Array.isArray(errors)) return '';
  const messages = errors.map((inner: unknown) => (inner instanceof Error ? inner.message : String(inner)));
  return [...new Set(messages)].join('; ');
}

export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === code;
}
