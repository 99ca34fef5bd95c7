export function pathProblem(path: string): string | null;
