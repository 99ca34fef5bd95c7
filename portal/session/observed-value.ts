/** A value outside of React that components follow. */
import { useSyncExternalStore } from 'react';

export class ObservedValue<T> {
  private value: T;
  private readonly watchers = new Set<() => void>();

  constructor(value: T) {
    this.value = value;
  }

  readonly get = (): T => this.value;

  set(value: T): void {
    if (Object.is(this.value, value)) return;
    this.value = value;
    for (const watcher of [...this.watchers]) watcher();
  }

  /** @returns ends it */
  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  };
}

export function useObserved<T>(observed: ObservedValue<T>): T {
  return useSyncExternalStore(observed.watch, observed.get);
}
