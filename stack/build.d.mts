/** Types of build.mjs. */
export function build(root: string, node: string): void;
