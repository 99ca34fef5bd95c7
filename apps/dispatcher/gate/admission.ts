/** What the gate says of a webhook whose turn has come. */
export type Admission =
  /** Go ahead. It may have used up a permission (the probe of a half-open breaker, a slot of a rate), so the start must follow. */
  | { readonly kind: 'go' }
  /** Not before this monotonic time, in milliseconds. */
  | { readonly kind: 'wait'; readonly until: number }
  /** Not before the gate names the webhook as resumed. */
  | { readonly kind: 'hold' }
  /** Not before another attempt at this origin has ended. */
  | { readonly kind: 'origin'; readonly origin: string };

export const go: Admission = { kind: 'go' };
export const hold: Admission = { kind: 'hold' };

export function waitUntil(until: number): Admission {
  return { kind: 'wait', until };
}
