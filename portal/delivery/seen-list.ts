/** The list that somebody came from, so that one can go on to its next delivery. Gone with the page. */

let ids: readonly string[] = [];

export function noteSeenList(shown: readonly string[]): void {
  ids = shown;
}

export interface Neighbours {
  readonly newer: string | null;
  readonly older: string | null;
}

export function neighboursOf(id: string): Neighbours {
  const place = ids.indexOf(id);
  if (place === -1) return { newer: null, older: null };
  return { newer: ids[place - 1] ?? null, older: ids[place + 1] ?? null };
}
