/** The newest rows of a stream, and how many waited or were dropped. Pure. Holds: never more than `rowsMax` are kept. */

export const rowsMax = 2_000;

export interface KeptRows<Row> {
  /** Newest first. */
  readonly shown: readonly Row[];
  /** Came while it was paused: newest first, not shown yet. */
  readonly waiting: readonly Row[];
  /** Those that there was no room for. */
  readonly dropped: number;
}

export const noRows: KeptRows<never> = { shown: [], waiting: [], dropped: 0 };

/** @param came in the order of the stream, oldest first */
export function withNewRows<Row>(kept: KeptRows<Row>, came: readonly Row[], isPaused: boolean): KeptRows<Row> {
  const newest = came.toReversed();
  return isPaused
    ? bounded(kept.shown, [...newest, ...kept.waiting], kept.dropped)
    : bounded([...newest, ...kept.waiting, ...kept.shown], [], kept.dropped);
}

/** What waited is shown. */
export function resumed<Row>(kept: KeptRows<Row>): KeptRows<Row> {
  return withNewRows(kept, [], false);
}

/** The oldest go, whether they are shown or wait. */
function bounded<Row>(shown: readonly Row[], waiting: readonly Row[], dropped: number): KeptRows<Row> {
  const keptWaiting = waiting.slice(0, rowsMax);
  const keptShown = shown.slice(0, rowsMax - keptWaiting.length);
  const gone = shown.length + waiting.length - keptShown.length - keptWaiting.length;
  return { shown: keptShown, waiting: keptWaiting, dropped: dropped + gone };
}
