/** Waits for a time, or until woken; a call that comes while nobody waits is not lost. */
export class WakeUp {
  private isDue = false;
  private ring: (() => void) | null = null;

  now(): void {
    this.isDue = true;
    this.ring?.();
  }

  async within(ms: number): Promise<void> {
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
    this.isDue = false;
  }
}
