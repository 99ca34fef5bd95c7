/**
 * Time for intervals and deadlines: milliseconds since the process started, with fractions. It never goes back and never jumps,
 * whatever happens to the clock of the machine. `Date.now()` is for what is told or stored.
 */
export function monotonicMs(): number {
  return performance.now();
}
