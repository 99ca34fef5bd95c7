/** A process whose work may come a moment later gives way to others on its machine. */
import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Below normal priority, for every thread that there is: on Linux a priority is a thread's, and those that collect
 * garbage and compile were started before the first line of ours. Threads that are started later inherit it.
 */
export function yieldToOthers(): void {
  for (const thread of threads()) {
    try {
      setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** 0: this process, where the system shows no threads. */
function threads(): readonly number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [0];
  }
}
