/** How many of a kind may be under way: of one key, and of all. */
import type { ProblemCode } from '../../libs/api-contract/problem-codes.ts';
import { ProblemError } from './problem-error.ts';

export interface OpenPlacesOptions {
  readonly perKeyMax: number;
  readonly max: number;
  /** What is said to one too many. Default: too_many_open, of answers without a foreseeable end. */
  readonly problem?: ProblemCode;
}

const retryAfterS = 5;

export class OpenPlaces {
  private readonly options: OpenPlacesOptions;
  private readonly byKey = new Map<string, number>();
  private open = 0;

  constructor(options: OpenPlacesOptions) {
    this.options = options;
  }

  /** The answer gives the place back, once. @throws ProblemError */
  take(keyId: string): () => void {
    const ofKey = this.byKey.get(keyId) ?? 0;
    if (ofKey >= this.options.perKeyMax || this.open >= this.options.max) {
      throw new ProblemError(this.options.problem ?? 'too_many_open', undefined, { retryAfterS });
    }
    this.open += 1;
    this.byKey.set(keyId, ofKey + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.open -= 1;
      const left = (this.byKey.get(keyId) ?? 1) - 1;
      if (left === 0) this.byKey.delete(keyId);
      else this.byKey.set(keyId, left);
    };
  }
}
