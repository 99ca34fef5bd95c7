/** What somebody may have meant: the known word that is the fewest changes away from what was written. Pure. */

/** Longer words are not compared. */
const lengthMax = 255;
/** Characters and cells that are looked at: some milliseconds. */
const stepsMax = 500_000;

/** What comparing may still cost. All calls for one request share it; a call that runs out of it finds nothing. */
export interface WordSteps {
  left: number;
}

export function wordSteps(): WordSteps {
  return { left: stepsMax };
}

/**
 * Null when none is near: a third of the letters, and three, may be wrong at most. Capitals count for nothing. Of equals
 * the first. Holds: the steps are bounded, whatever the words are.
 */
export function closestWord(written: string, known: Iterable<string>, steps = wordSteps()): string | null {
  if (written.length > lengthMax) return null;
  const wanted = written.toLowerCase();
  const changesMax = Math.min(3, Math.max(1, Math.floor(written.length / 3)));
  let best: string | null = null;
  let fewest = changesMax + 1;
  for (const word of known) {
    steps.left -= 1;
    if (steps.left < 0) return null;
    if (word === written || Math.abs(word.length - written.length) >= fewest || word.length > lengthMax) continue;
    const changes = changesBetween(wanted, word.toLowerCase(), fewest, steps);
    if (changes >= fewest) continue;
    best = word;
    fewest = changes;
  }
  return steps.left < 0 ? null : best;
}

/**
 * Letters that are added, missing, others, or swapped with their neighbour (optimal string alignment); `enough` when they are as many
 * or more. Only the cells near the diagonal of the table may hold fewer. A row has those alone: what is above a cell stands one
 * further in the row before, what is above and left of it at the same place.
 */
function changesBetween(from: string, to: string, enough: number, steps: WordSteps): number {
  const start = equalAtStart(from, to);
  const rows = from.length - start;
  const columns = to.length - start;
  steps.left -= start;
  let beforeLast: number[] = [];
  let last = Array.from({ length: 2 * enough + 1 }, (_, place) => (place < enough ? enough : place - enough));
  let fewestOfLast = 0;
  for (let row = 1; row <= rows; row += 1) {
    const current: number[] = [enough];
    let fewest = enough;
    steps.left -= 2 * enough;
    for (let place = 1; place < 2 * enough; place += 1) {
      const column = row + place - enough;
      let least = column === 0 ? row : enough;
      if (column > 0 && column <= columns) {
        const [letter, other] = [from[start + row - 1], to[start + column - 1]];
        const isSwapped = row > 1 && column > 1 && letter === to[start + column - 2] && from[start + row - 2] === other;
        least = Math.min(
          (last[place + 1] ?? enough) + 1,
          (current[place - 1] ?? enough) + 1,
          (last[place] ?? enough) + (letter === other ? 0 : 1),
          isSwapped ? (beforeLast[place] ?? enough) + 1 : enough,
        );
      }
      current.push(least);
      fewest = Math.min(fewest, least);
    }
    current.push(enough);
    // A swap reaches back over a row.
    if ((fewest >= enough && fewestOfLast >= enough) || steps.left < 0) return enough;
    beforeLast = last;
    last = current;
    fewestOfLast = fewest;
  }
  return last[columns - rows + enough] ?? enough;
}

function equalAtStart(from: string, to: string): number {
  let at = 0;
  while (at < from.length && from[at] === to[at]) at += 1;
  return at;
}
