/** One clock for every process of this machine: milliseconds of the monotonic clock, with its microseconds. */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
