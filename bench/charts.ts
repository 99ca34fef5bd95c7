/** Results of several runs of one scenario as lines: what the plot draws. Pure. */
import type { Figure } from './measured.ts';
import type { KeptResult } from './results.ts';

export interface Line {
  readonly label: string;
  /** One for each run, oldest first; null: that run had none. */
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** What is aimed at, where something is. */
  readonly aim: number | null;
}

type Series = KeptResult['series'][number];

const seriesCharts: readonly { title: string; unit: string; valueOf: (series: Series) => number | null }[] = [
  { title: 'deliveries', unit: 'a second', valueOf: ({ perSecond }) => perSecond },
  { title: 'p99, produce call to POST', unit: 'ms', valueOf: ({ latencyMs }) => latencyMs.p99 },
  { title: 'CPU of a delivery', unit: 'ms', valueOf: ({ cpuMsPerDelivery }) => cpuMsPerDelivery },
];

/** @param results of one scenario, oldest first */
export function chartsOf(results: readonly KeptResult[]): readonly Chart[] {
  const newest = results.at(-1);
  if (newest === undefined) return [];
  const ofSeries = newest.series.length === 0 ? [] : seriesCharts.map((panel) => panelOfSeries(panel, results, newest));
  // A scenario without series has only its figures to show; else those that are aimed at.
  const figures = newest.figures.filter(({ target }) => target !== undefined || newest.series.length === 0);
  return [...ofSeries, ...figures.map((figure) => panelOfFigure(figure, results))];
}

function panelOfSeries(
  { title, unit, valueOf }: (typeof seriesCharts)[number],
  results: readonly KeptResult[],
  newest: KeptResult,
): Chart {
  const lines = newest.series.map(({ label }) => ({
    label,
    values: results.map(({ series }) => {
      const same = series.find((candidate) => candidate.label === label);
      return same === undefined ? null : valueOf(same);
    }),
  }));
  return { title, unit, lines, aim: null };
}

function panelOfFigure({ name, unit, target }: Figure, results: readonly KeptResult[]): Chart {
  const values = results.map(({ figures }) => figures.find((figure) => figure.name === name)?.value ?? null);
  return { title: name, unit, lines: [{ label: name, values }], aim: target?.value ?? null };
}
