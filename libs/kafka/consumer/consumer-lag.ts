/** How far a member of a consumer group is behind, as it tells Prometheus at each scrape. */
import type { Metrics } from '../../runtime/metrics.ts';

/** @param lag by `topic-partition`, of the partitions that are held now */
export function watchLag(metrics: Metrics, lag: () => ReadonlyMap<string, number>): void {
  metrics.gauge('consumer_lag', 'Records behind the end of a partition', ['topic', 'partition'], (gauge) => {
    // A partition that went to another member is that one's to tell of.
    gauge.clear();
    for (const [place, behind] of lag()) {
      const dash = place.lastIndexOf('-');
      gauge.set(behind, { topic: place.slice(0, dash), partition: place.slice(dash + 1) });
    }
  });
}
