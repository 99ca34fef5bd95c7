/**
 * The Idempotency-Key of something that somebody means to do: the same however often it is tried, until it was done or something
 * else is meant. Pure but for what makes keys.
 */
export class Intention {
  private key: string | null = null;
  private meant: string | null = null;
  private readonly newKey: () => string;

  constructor(newKey: () => string) {
    this.newKey = newKey;
  }

  /** @param meaning what is sent under the key: a server refuses another request under the same one */
  keyFor(meaning: unknown): string {
    const meant = JSON.stringify([meaning]);
    if (this.key === null || this.meant !== meant) this.key = this.newKey();
    this.meant = meant;
    return this.key;
  }

  done(): void {
    this.key = null;
  }
}
