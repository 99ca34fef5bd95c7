/** What somebody may have meant: the known word that is the fewest changes away from what was written. Pure. */

/** Longer words are not compared: comparing costs the product of both lengths. */
const lengthMax = 255;

/**
 * Null when none is near: a third of the letters, and three, may be wrong at most. Capitals count for nothing. Of equals
 * the first.
 */
export function closestWord(written: string, known: Iterable<string>): string | null {
  if (written.length > lengthMax) return null;
  const wanted = written.toLowerCase();
  const changesMax = Math.min(3, Math.max(1, Math.floor(written.length / 3)));
  let best: string | null = null;
  let fewest = changesMax + 1;
  for (const word of known) {
    if (word === written || Math.abs(word.length - written.length) >= fewest || word.length > lengthMax) continue;
    const changes = changesBetween(wanted, word.toLowerCase());
    if (changes >= fewest) continue;
    best = word;
    fewest = changes;
  }
  return best;
}

/** Letters that are added, missing, others, or swapped with their neighbour (optimal string alignment). */
function changesBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwapped) least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      current.push(least);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
