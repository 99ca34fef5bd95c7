export function judge(text: string): { readonly lines: readonly string[]; readonly isSerious: boolean };
