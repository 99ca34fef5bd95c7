/** What a scenario is: something to measure, by name. */
import type { AppName } from '../stack/apps.ts';
import type { ScenarioResult } from './measured.ts';
import { Harness, type KeptProfile } from './harness.ts';
import type { SystemOptions } from './system.ts';

export interface Scenario {
  readonly name: string;
  /** One sentence for --help. */
  readonly summary: string;
  run(bench: Bench): Promise<ScenarioResult>;
}

export interface BenchOptions {
  readonly sizes?: readonly number[] | null;
  readonly parts?: readonly string[] | null;
  readonly deliveries?: number | null;
  readonly clients?: number | null;
}

/** What a scenario is given. */
export class Bench {
  readonly signal: AbortSignal;
  readonly profiles: KeptProfile[] = [];
  /** Sizes that a scenario with several is limited to; null: all. */
  readonly sizes: readonly number[] | null;
  /** Parts that a scenario with several is limited to; null: all. */
  readonly parts: readonly string[] | null;
  /** Deliveries that a scenario with a history puts there; null: its own number. */
  readonly deliveries: number | null;
  /** Clients that have them; null: its own number. */
  readonly clients: number | null;
  private readonly profiled: readonly AppName[];

  /** @param profiled apps whose CPU is profiled */
  constructor(signal: AbortSignal, profiled: readonly AppName[], options: BenchOptions = {}) {
    this.signal = signal;
    this.sizes = options.sizes ?? null;
    this.parts = options.parts ?? null;
    this.deliveries = options.deliveries ?? null;
    this.clients = options.clients ?? null;
    this.profiled = profiled;
  }

  /** Starts a system for `use`, and stops it. @throws StackFailure, Stopped */
  withHarness<T>(options: SystemOptions, use: (harness: Harness) => Promise<T>): Promise<T> {
    return Harness.with({ ...options, signal: this.signal, profiled: this.profiled }, async (harness) => {
      const result = await use(harness);
      this.profiles.push(...harness.profiles);
      return result;
    });
  }
}
