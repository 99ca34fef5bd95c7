/** Where a partition is read, and where it was when it was asked for. */

/** A partition being read. Whoever assigned it may change both fields, then calls `wake` of the fetch loop. */
export interface ReadPosition {
  readonly topic: string;
  readonly partition: number;
  next: number;
  isPaused: boolean;
}

export interface Asked {
  readonly position: ReadPosition;
  readonly next: number;
}

export function isMoved({ position, next }: Asked): boolean {
  return position.isPaused || position.next !== next;
}
