/** Waits for a time, or until woken; a call that comes while nobody waits is not lost. */
export class WakeUp {
  private isDue = false;
  private ring: (() => void) | null = null;

  now(): void {
    this.isDue = true;
    this.ring?.();
  }

  /** @returns true when woken, false when the time was over */
  async within(ms: number): Promise<boolean> {
    if (!this.isDue) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.ring = null;
    }
    const isWoken = this.isDue;
    this.isDue = false;
    return isWoken;
  }
}
