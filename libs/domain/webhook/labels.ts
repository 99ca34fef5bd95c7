/** What owners call what is theirs, by name. Pure. */
/** Of one object. */
export const labelsMax = 20;

export type Labels = Readonly<Record<string, string>>;

/** JSON Merge Patch: a name with null goes; null in place of all of them leaves none. */
export type LabelsPatch = Readonly<Record<string, string | null>> | null;

/** What changes none of them leaves them as they are, in the order in which they are stored. */
export function changedLabels(current: Labels, given: LabelsPatch | undefined): Labels {
  if (given === undefined) return current;
  const labels = new Map(given === null ? [] : Object.entries(current));
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null) labels.delete(name);
    else labels.set(name, value);
  }
  const isSame =
    labels.size === Object.keys(current).length && [...labels].every(([name, value]) => current[name] === value);
  return isSame ? current : Object.fromEntries(labels);
}
