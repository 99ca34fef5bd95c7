export function takeLock(
  file: string,
  isHolder: (pid: number) => boolean,
): { readonly release: () => void } | { readonly heldBy: number };
