/** Why a record is no event that can be taken: thrown and caught within the reading of one record. */
import type { RejectionReason } from './rejection.ts';

export class EventRefusal extends Error {
  readonly reason: RejectionReason;

  /** @param detail for people; names places and likely causes, never values of the payload */
  constructor(reason: RejectionReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}
