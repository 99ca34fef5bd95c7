export function isInstalled(root: string): boolean;
export function nodeIn(root: string): string | null;
export function linkNode(root: string): void;
export function missingNode(): string;
