/** What an app tells Prometheus. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ScrapedMetric {
  /** counter, gauge or histogram. */
  readonly kind: string;
  /** Of a histogram, those of its buckets, sum and count. */
  readonly samples: readonly Sample[];
}

/** The sum over all label sets; 0 when there is none. @param url address of the app */
export async function scrape(url: string, metric: string): Promise<number> {
  const samples = (await scrapeAll(url)).get(metric)?.samples ?? [];
  return samples.reduce((sum, { value }) => sum + value, 0);
}

/** Everything, by name. @param url address of the app */
export async function scrapeAll(url: string): Promise<ReadonlyMap<string, ScrapedMetric>> {
  return parseMetrics(await scrapeText(url));
}

export async function scrapeText(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  return response.text();
}

/** Prometheus text exposition format 0.0.4: a TYPE line comes before the samples of its metric. */
export function parseMetrics(text: string): ReadonlyMap<string, ScrapedMetric> {
  const found = new Map<string, { kind: string; samples: Sample[] }>();
  for (const line of text.split('\n')) {
    const [, typed, kind = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed !== undefined) found.set(typed, { kind, samples: [] });
    const [, name = '', labels = '', value = ''] = /^([a-zA-Z_]\w*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const metric = found.get(name) ?? found.get(name.replace(/_(bucket|sum|count)$/, ''));
    metric?.samples.push({ labels: labelsOf(labels), value: Number(value) });
  }
  return found;
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
}
