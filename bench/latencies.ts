/** Many durations in a few figures. Pure. */

export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** In the unit that comes in; all 0 when there are none. Sorts what it is given. */
export function latenciesOf(values: Float64Array): Latencies {
  values.sort();
  const at = (percent: number) => values[Math.min(values.length - 1, Math.floor((values.length * percent) / 100))] ?? 0;
  return { count: values.length, p50: at(50), p95: at(95), p99: at(99), max: at(100) };
}
