/** What a work is: something to measure, by name. */
import type { AppName } from '../stack/apps.ts';
import type { WorkResult } from './measured.ts';
import { Rig, type KeptProfile } from './rig.ts';
import type { SystemOptions } from './system.ts';

export interface Work {
  readonly name: string;
  /** One sentence for --help. */
  readonly summary: string;
  run(bench: Bench): Promise<WorkResult>;
}

/** What a work is given. */
export class Bench {
  readonly signal: AbortSignal;
  readonly profiles: KeptProfile[] = [];
  /** Sizes that a work with several is limited to; null: all. */
  readonly sizes: readonly number[] | null;
  private readonly profiled: readonly AppName[];

  /** @param profiled apps whose CPU is profiled */
  constructor(signal: AbortSignal, profiled: readonly AppName[], sizes: readonly number[] | null = null) {
    this.signal = signal;
    this.sizes = sizes;
    this.profiled = profiled;
  }

  /** Starts a system for `use`, and stops it. @throws StackFailure, Stopped */
  withRig<T>(options: SystemOptions, use: (rig: Rig) => Promise<T>): Promise<T> {
    return Rig.with({ ...options, signal: this.signal, profiled: this.profiled }, async (rig) => {
      const result = await use(rig);
      this.profiles.push(...rig.profiles);
      return result;
    });
  }
}
