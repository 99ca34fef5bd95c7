/** Brokers that fetches fail at. Each has a back-off of its own: one that is away or frozen slows nobody else down. */
interface Failing {
  readonly since: number;
  message: string;
  backOffMs: number;
}

const backOffMsMin = 50;
const backOffMsMax = 2_000;
/** Leaders move and connections break: readiness speaks of it when it lasts. */
const lastingMsToTell = 3_000;

export class FailingBrokers {
  private readonly all = new Map<string, Failing>();

  /** @returns in how many milliseconds to try again, and whether it has come to the longest wait there is */
  failed(nodeId: string, message: string, now: number): { readonly backOffMs: number; readonly isLasting: boolean } {
    const failing = this.all.get(nodeId) ?? { since: now, message, backOffMs: backOffMsMin / 2 };
    failing.message = message;
    failing.backOffMs = Math.min(failing.backOffMs * 2, backOffMsMax);
    this.all.set(nodeId, failing);
    return { backOffMs: failing.backOffMs, isLasting: failing.backOffMs === backOffMsMax };
  }

  answered(nodeId: string): void {
    if (this.all.size > 0) this.all.delete(nodeId);
  }

  /** Nothing is read from the others any more. */
  keepOnly(nodeIds: ReadonlySet<string>): void {
    for (const nodeId of this.all.keys()) if (!nodeIds.has(nodeId)) this.all.delete(nodeId);
  }

  problem(now: number): string | null {
    for (const { since, message } of this.all.values()) {
      if (now - since >= lastingMsToTell) return `cannot fetch: ${message}`;
    }
    return null;
  }
}
