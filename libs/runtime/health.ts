/**
 * Readiness that tells the truth: named checks, asked when the question comes. Holds: whoever asks gets our own words; what a
 * driver, a broker or a server said goes to the log, because it names hosts and users, and anybody may ask.
 */
import { KeptAnswer } from './kept-answer.ts';
import type { Logger } from './logger.ts';
import { monotonicMs } from './monotonic.ts';

/**
 * Null when well, else what is wrong in a few words of ours. What somebody else said about it follows behind a colon and a
 * blank, and is only logged: `cannot join: connect ECONNREFUSED 10.0.0.7:9092`. Must not take longer than a second.
 */
export type HealthCheck = () => string | null | Promise<string | null>;

export interface HealthReport {
  readonly status: 'ready' | 'not ready';
  readonly checks: Readonly<Record<string, string>>;
}

export interface HealthOptions {
  readonly logger?: Pick<Logger, 'info' | 'warn'> | undefined;
  readonly now?: () => number;
}

/** Some checks ask the database: a crowd that asks costs no more than this allows. */
const keptMs = 200;
/** The same trouble in other words is logged at most this often. */
const detailsMs = 10_000;
/** So long a check that was never well is no news. */
const startMs = 10_000;

export class Health {
  private readonly checks = new Map<string, HealthCheck>();
  private readonly logger: Pick<Logger, 'info' | 'warn'> | null;
  private readonly now: () => number;
  private readonly results: KeptAnswer<Record<string, string>>;
  /** By check: what was last logged of its trouble. */
  private readonly logged = new Map<
    string,
    { readonly text: string; readonly at: number; readonly isStarting: boolean }
  >();
  /** Checks that were well at least once. */
  private readonly wereWell = new Set<string>();
  private readonly madeAt: number;
  private stopping = false;

  constructor({ logger, now = monotonicMs }: HealthOptions = {}) {
    this.logger = logger ?? null;
    this.now = now;
    this.madeAt = now();
    this.results = new KeptAnswer(() => this.askAll(), keptMs, now);
  }

  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** From now on not ready: the process is about to leave. */
  beginStop(): void {
    this.stopping = true;
  }

  async report(): Promise<HealthReport> {
    const checks = { ...(await this.results.get()) };
    if (this.stopping) checks['process'] = 'stopping';
    const isReady = Object.values(checks).every((result) => result === 'ok');
    return { status: isReady ? 'ready' : 'not ready', checks };
  }

  private async askAll(): Promise<Record<string, string>> {
    const results: Record<string, string> = {};
    for (const [name, check] of this.checks) {
      const problem = await askSafely(check);
      this.log(name, problem);
      results[name] = problem === null ? 'ok' : ownWords(problem);
    }
    return results;
  }

  private log(check: string, problem: string | null): void {
    const before = this.logged.get(check);
    if (problem === null) {
      this.wereWell.add(check);
      if (before === undefined) return;
      this.logged.delete(check);
      this.logger?.info({ check }, 'a check of readiness is well again');
      return;
    }
    const at = this.now();
    // A process that has just started is never ready at once, and brokers that have just started choose coordinators.
    const isStarting = !this.wereWell.has(check) && at - this.madeAt < startMs;
    const isSame = before !== undefined && ownWords(before.text) === ownWords(problem);
    const isKnown = isSame && (before.text === problem || at - before.at < detailsMs);
    if (isKnown && (isStarting || !before.isStarting)) return;
    this.logged.set(check, { text: problem, at, isStarting });
    // Only what has details is worth a warning.
    if (isStarting || ownWords(problem) === problem) this.logger?.info({ check, problem }, 'not ready');
    else this.logger?.warn({ check, problem }, 'not ready');
  }
}

function ownWords(problem: string): string {
  return problem.split(': ', 1)[0] ?? '';
}

async function askSafely(check: HealthCheck): Promise<string | null> {
  try {
    return await check();
  } catch (error) {
    return `cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
  }
}
