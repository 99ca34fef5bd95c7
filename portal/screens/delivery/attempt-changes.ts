/** What is another way at one attempt than at the one before, in names of fields and headers. Pure. */
import type { Attempt } from '../../delivery/delivery.ts';

/** They are of the attempt, and other ones each time. */
const always = new Set([
  'webhook-timestamp',
  'webhook-signature',
  'x-deeperhub-signature',
  'x-deeperhub-attempt',
  'date',
  'traceparent',
]);

export function changesSince(before: Attempt, attempt: Attempt): readonly string[] {
  const fields = (['responseCode', 'outcome', 'reason'] as const).filter((name) => before[name] !== attempt[name]);
  const error = before.error?.kind === attempt.error?.kind ? [] : ['error'];
  return [
    ...fields,
    ...error,
    ...changedHeaders(before.requestHeaders, attempt.requestHeaders),
    ...changedHeaders(before.responseHeaders, attempt.responseHeaders),
  ];
}

type Headers = Readonly<Record<string, string>>;

function changedHeaders(before: Headers, now: Headers): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => !always.has(name.toLowerCase()) && before[name] !== now[name]);
}
