/**
 * Whether the time of a piece of work grows with its input and not faster. An input is read once, an eighth of it eight
 * times, in turns; the shortest of several turns counts. Of the large input it is processor time of this thread, of the
 * small one time on the clock, which is never less: a busy machine can only make the judgement milder.
 */

/** Work that is ready to run: making its input is not measured. */
export type Prepared = () => unknown;

export interface Growth {
  readonly size: number;
  /** Eight times the small one. */
  readonly smallMs: number;
  readonly largeMs: number;
}

const sizeRatio = 8;
const turns = 4;
/** Further turns would not make it linear. */
const hopelessMs = 3_000;
/** Of the first step, in characters; each further step is eight times as large. */
const firstSize = 1_024;
const steps = 2;

/** The first step at which time grows faster than the input; null: none. @param prepare for an input of about a size */
export function fasterThanLinear(prepare: (size: number) => Prepared): Growth | null {
  let small = prepare(firstSize);
  for (let step = 0, size = firstSize; step < steps; step += 1, size *= sizeRatio) {
    const large = prepare(size * sizeRatio);
    const growth = { size, smallMs: Infinity, largeMs: Infinity };
    for (let turn = 0; turn < turns; turn += 1) {
      growth.largeMs = Math.min(growth.largeMs, processorMs(large));
      growth.smallMs = Math.min(growth.smallMs, clockMs(small));
      if (isLinear(growth) || growth.largeMs > hopelessMs) break;
    }
    if (!isLinear(growth)) return growth;
    small = large;
  }
  return null;
}

/**
 * True unless the larger one took three times what a linear one would take. Below 25 ms nothing is told apart, since
 * processor time goes in ticks; what is quadratic takes longer than that at 65,536 characters.
 */
function isLinear({ smallMs, largeMs }: Growth): boolean {
  return largeMs <= Math.max(3 * smallMs, 25);
}

function processorMs(work: Prepared): number {
  const before = process.threadCpuUsage();
  attempt(work);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

/** As often as the larger one is larger. */
function clockMs(work: Prepared): number {
  const before = performance.now();
  for (let time = 0; time < sizeRatio; time += 1) attempt(work);
  return performance.now() - before;
}

/** A refusal costs time as well. */
function attempt(work: Prepared): void {
  try {
    work();
  } catch {
    return;
  }
}
