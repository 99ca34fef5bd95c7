/** What differs between two states of an object, by paths. Pure. */
import diff from 'microdiff';

export interface Difference {
  /** Such as `retryPolicy.maxAttempts`. */
  readonly path: string;
  /** Undefined: it was not there. */
  readonly before: unknown;
  /** Undefined: it is not there any more. */
  readonly after: unknown;
}

/** What counts versions and times says nothing of its own. */
const silent = new Set(['version', 'updatedAt']);

export function differences(before: unknown, after: unknown): readonly Difference[] {
  return diff(objectOf(before), objectOf(after))
    .map((one) => ({
      path: one.path.join('.'),
      before: one.type === 'CREATE' ? undefined : (one.oldValue as unknown),
      after: one.type === 'REMOVE' ? undefined : (one.value as unknown),
    }))
    .filter(({ path }) => !silent.has(path));
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
