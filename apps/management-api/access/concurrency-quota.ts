/** How many of a kind may be under way: of one owner (a client, or an operator's key), and of all. */
import type { ProblemCode } from '../../../libs/api-contract/problem-codes.ts';
import { ProblemError } from '../http/problem-error.ts';

export interface ConcurrencyQuotaOptions {
  readonly perOwnerMax: number;
  readonly max: number;
  /** What is said to one too many. Default: too_many_open, of answers without a foreseeable end. */
  readonly problem?: ProblemCode;
}

const retryAfterS = 5;

export class ConcurrencyQuota {
  private readonly options: ConcurrencyQuotaOptions;
  private readonly byOwner = new Map<string, number>();
  private open = 0;

  constructor(options: ConcurrencyQuotaOptions) {
    this.options = options;
  }

  /** The answer gives the place back, once. @throws ProblemError */
  take(owner: string): () => void {
    const ofOwner = this.byOwner.get(owner) ?? 0;
    if (ofOwner >= this.options.perOwnerMax || this.open >= this.options.max) {
      throw new ProblemError(this.options.problem ?? 'too_many_open', undefined, { retryAfterS });
    }
    this.open += 1;
    this.byOwner.set(owner, ofOwner + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.open -= 1;
      const left = (this.byOwner.get(owner) ?? 1) - 1;
      if (left === 0) this.byOwner.delete(owner);
      else this.byOwner.set(owner, left);
    };
  }
}
