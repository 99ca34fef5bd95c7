/** The time of day as components see it: one timer for all of them, and none while nobody looks. */
import { useSyncExternalStore } from 'react';

const stepMs = 5_000;
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;
let present = Date.now();

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    present = Date.now();
    for (const one of [...watchers]) one();
  }, stepMs);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** Unix milliseconds, some seconds old at most. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => {
    // Between looks nobody kept it up.
    if (timer === null) present = Date.now();
    return present;
  });
}
