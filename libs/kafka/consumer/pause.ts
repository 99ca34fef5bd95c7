/** A wait that a stop ends at once. */
export class Pause {
  private readonly waiting = new Map<NodeJS.Timeout, () => void>();
  private ended = false;

  get isOver(): boolean {
    return this.ended;
  }

  /** Resolves after that time, or at the end. */
  for(ms: number): Promise<void> {
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(timer);
        resolve();
      }, ms);
      this.waiting.set(timer, resolve);
    });
  }

  /** Nothing waits any more, nor will it. */
  end(): void {
    this.ended = true;
    for (const [timer, resolve] of this.waiting) {
      clearTimeout(timer);
      resolve();
    }
    this.waiting.clear();
  }
}
