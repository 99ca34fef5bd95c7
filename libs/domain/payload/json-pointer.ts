/** JSON Pointers (RFC 6901). Pure. */

/** One token with its slash: what a pointer to a value is continued with to one of its members or items (section 3). */
export function pointerToken(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The names on the way, outermost first; none of the empty pointer (section 4). @param pointer begins with a slash, or is empty */
export function pointerNames(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
