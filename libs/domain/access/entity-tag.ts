/**
 * Versions of an object as entity tags (RFC 9110, section 8.8.3), and what If-Match says about them (section 13.1.1).
 * Pure. A weak tag of a version means that version too, other than section 13.1.1 has it: proxies that compress an answer weaken
 * its tag, and a version is the same however its answer was compressed.
 */

/** The strong tag of a version. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/** A condition on the version that an object has now. */
export type VersionCondition = (version: number) => boolean;

/** Without the header everything is meant. `*` is any version; what cannot be read fits none. */
export function versionCondition(ifMatch: string | undefined): VersionCondition {
  if (ifMatch === undefined) return () => true;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  return (version) => {
    const tag = entityTag(version);
    return tags.some((given) => given === '*' || given === tag || given === `W/${tag}`);
  };
}
