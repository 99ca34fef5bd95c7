/** Waits until webhooks that were just created are known where they count, so that no event comes before them. */
import type { System } from './app-harness.ts';
import { scrape } from '../../stack/scrape.ts';
import { until } from './until.ts';

/** Resolves when every fanout and dispatcher knows `count` webhooks more than before `create`. */
export async function registered(system: System, count: number, create: () => Promise<unknown>): Promise<void> {
  const watched = [...system.running('fanout'), ...system.running('dispatcher')];
  const knownBy = (url: string) => scrape(url, 'webhooks_known_webhooks');
  const before = await Promise.all(watched.map(knownBy));
  await create();
  const isKnown = async () => {
    const known = await Promise.all(watched.map(knownBy));
    return known.every((now, index) => now >= (before[index] ?? 0) + count);
  };
  await until(isKnown, { timeoutMs: 15_000, what: `${count} new webhooks are known to fanout and dispatcher` });
}
