/**
 * Answers that go on for long. Holds: when the key or the session that one was opened with is good no longer, it ends within
 * seconds; however many one key has, it is asked about once each time.
 */
import { ProblemError } from '../http/problem-error.ts';

export interface ReauthorizationOptions {
  /** Rejects when the header opens nothing any more. */
  readonly authorize: (authorization: string | undefined) => Promise<unknown>;
  readonly everyMs?: number;
}

interface Watched {
  readonly authorization: string | undefined;
  readonly end: () => void;
}

export class Reauthorization {
  private readonly authorize: ReauthorizationOptions['authorize'];
  private readonly watched = new Set<Watched>();
  private readonly timer: NodeJS.Timeout;

  constructor({ authorize, everyMs = 2_000 }: ReauthorizationOptions) {
    this.authorize = authorize;
    this.timer = setInterval(() => void this.askAll(), everyMs);
    // An app that was made and never closed must not stay for this.
    this.timer.unref();
  }

  /** `end` is called once the header is good no longer. The answer of this ends the watch. */
  watch(authorization: string | undefined, end: () => void): () => void {
    const one = { authorization, end };
    this.watched.add(one);
    return () => {
      this.watched.delete(one);
    };
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async askAll(): Promise<void> {
    for (const authorization of new Set([...this.watched].map((one) => one.authorization))) {
      try {
        await this.authorize(authorization);
      } catch (error) {
        // That the database is away says nothing about the key.
        if (!(error instanceof ProblemError) || error.code !== 'unauthenticated') continue;
        for (const one of [...this.watched]) if (one.authorization === authorization) one.end();
      }
    }
  }
}
