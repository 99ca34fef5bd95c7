/** The longest step of each app's event loop in a window of time, from the histogram that every app keeps of it. */
import { parseMetrics } from '../stack/scrape.ts';

const metric = 'webhooks_event_loop_delay_seconds';

/** Observations of one process up to each bucket's bound, in ascending order of the bounds. */
export type LoopDelays = readonly { readonly boundMs: number; readonly seen: number }[];

/** Null when the process does not answer. */
export async function loopDelaysOf(url: string): Promise<LoopDelays | null> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
    return loopDelaysIn(await response.text());
  } catch {
    return null;
  }
}

/** Pure. */
export function loopDelaysIn(text: string): LoopDelays {
  const samples = parseMetrics(text).get(metric)?.samples ?? [];
  return samples
    .filter(({ labels }) => labels['le'] !== undefined)
    .map(({ labels, value }) => ({ boundMs: 1_000 * Number(labels['le']?.replace('+Inf', 'Infinity')), seen: value }))
    .sort((a, b) => a.boundMs - b.boundMs);
}

/** The bound that the longest delay between the two readings did not exceed; null when nothing was seen. */
export function worstDelayMs(before: LoopDelays, after: LoopDelays): number | null {
  let worst: number | null = null;
  let below = 0;
  for (const { boundMs, seen } of after) {
    const added = seen - (before.find((bucket) => bucket.boundMs === boundMs)?.seen ?? 0);
    if (added > below) worst = boundMs;
    below = added;
  }
  return worst;
}
