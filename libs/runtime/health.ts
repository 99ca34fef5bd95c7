/** Readiness that tells the truth: named checks, each asked when the question comes. */

/** Null when well, else what is wrong in a few words. Must not take longer than a second. */
export type HealthCheck = () => string | null | Promise<string | null>;

export interface HealthReport {
  readonly status: 'ready' | 'not ready';
  readonly checks: Readonly<Record<string, string>>;
}

export class Health {
  private readonly checks = new Map<string, HealthCheck>();
  private stopping = false;

  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** From now on not ready: the process is about to leave. */
  beginStop(): void {
    this.stopping = true;
  }

  async report(): Promise<HealthReport> {
    const results: Record<string, string> = {};
    for (const [name, check] of this.checks) results[name] = (await askSafely(check)) ?? 'ok';
    if (this.stopping) results['process'] = 'stopping';
    const isReady = Object.values(results).every((result) => result === 'ok');
    return { status: isReady ? 'ready' : 'not ready', checks: results };
  }
}

async function askSafely(check: HealthCheck): Promise<string | null> {
  try {
    return await check();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
