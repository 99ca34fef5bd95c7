export function isRunning(pid: number, mark: string): boolean;
