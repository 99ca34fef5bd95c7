/** What became of an event, in one sentence, as far as one webhook or one rejected record tells of it. */

export type Verdict =
  'delivered' | 'failed' | 'held' | 'filtered' | 'disabled' | 'deleted' | 'copy' | 'nobody' | 'rejected' | 'unknown';

export interface Finding {
  readonly verdict: Verdict;
  /** A sentence that stands alone. */
  readonly says: string;
  /** What is known besides, a line each. */
  readonly details: readonly string[];
  /** What to do; null: nothing. */
  readonly remedy: string | null;
  readonly webhookId: string | null;
  readonly deliveryId: string | null;
  /** With `held`: what holds it, as the API calls it. */
  readonly heldBy: string | null;
  /** With `held`: until when, where that is known. */
  readonly until: string | null;
}

type Given = Pick<Finding, 'verdict' | 'says'> & Partial<Finding>;

export function finding(given: Given): Finding {
  return { details: [], remedy: null, webhookId: null, deliveryId: null, heldBy: null, until: null, ...given };
}

export function findingLines({ verdict, says, details, remedy }: Finding): readonly string[] {
  return [
    `${verdict}: ${says}`,
    ...details.map((detail) => `  ${detail}`),
    ...(remedy === null ? [] : [`  → ${remedy}`]),
  ];
}
