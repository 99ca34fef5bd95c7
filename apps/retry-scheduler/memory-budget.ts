/** How much of what may be held in memory is held. In: what is held and let go. Out: how full it is, and whether full. */

export interface MemoryBudgetLimits {
  readonly heldRecordsMax: number;
  readonly heldBytesMax: number;
}

export class MemoryBudget {
  private readonly limits: MemoryBudgetLimits;
  private records = 0;
  private bytes = 0;
  private wasFull = false;

  constructor(limits: MemoryBudgetLimits) {
    this.limits = limits;
  }

  get held(): { readonly records: number; readonly bytes: number } {
    return { records: this.records, bytes: this.bytes };
  }

  /** 0: empty; 1: full, by records or by bytes. */
  get level(): number {
    return Math.max(this.records / this.limits.heldRecordsMax, this.bytes / this.limits.heldBytesMax);
  }

  /** Not full again at once: who waits for it gets room for more than a batch. */
  get isFull(): boolean {
    const { level } = this;
    this.wasFull = level >= 1 || (this.wasFull && level >= 0.75);
    return this.wasFull;
  }

  hold(bytes: number): void {
    this.records += 1;
    this.bytes += bytes;
  }

  letGo(bytes: number): void {
    this.records -= 1;
    this.bytes -= bytes;
  }
}
