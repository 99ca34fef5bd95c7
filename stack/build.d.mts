/** Types of build.mjs. */
export function build(root: string, node: string): void;
/** Without the portal. */
export function buildApps(root: string, node: string): void;
/** Folders and files from the root that the portal is made from. */
export const portalSources: readonly string[];
