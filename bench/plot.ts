/** Panels as one picture in SVG 1.1, for a browser. Pure. */
import type { Line, Chart } from './charts.ts';

const columns = 3;
const panelWidth = 330;
const panelHeight = 210;
const plotLeft = 52;
const plotTop = 40;
const plotWidth = panelWidth - plotLeft - 18;
const plotHeight = 112;
const titleHeight = 56;
const legendWords = 3;
const colours = ['#1f77b4', '#d95f02', '#2ca02c', '#c23b7b', '#7a5fb5', '#8c6d31', '#4d4d4d'];

/** @param runs what is under the points: one for each run, oldest first */
export function plotSvg(title: string, charts: readonly Chart[], runs: readonly string[]): string {
  const rows = Math.ceil(charts.length / columns);
  const [width, height] = [columns * panelWidth, titleHeight + rows * panelHeight];
  const drawn = charts.map((panel, index) => {
    const x = (index % columns) * panelWidth;
    const y = titleHeight + Math.floor(index / columns) * panelHeight;
    return `<g transform="translate(${x} ${y})">${panelSvg(panel, runs.length)}</g>`;
  });
  const span = runs.length < 2 ? (runs[0] ?? '') : `${runs[0] ?? ''} … ${runs.at(-1) ?? ''}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="system-ui, sans-serif" font-size="11" fill="#333">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(12, 24, title, 'font-size="17" font-weight="600"'),
    text(12, 42, `${runs.length} runs: ${span}`, 'fill="#777"'),
    ...drawn,
    '</svg>\n',
  ].join('');
}

function panelSvg({ title, unit, lines, aim }: Chart, runs: number): string {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const top = Math.max(...values, aim ?? 0, 1e-9) * 1.1;
  const xOf = (run: number) => plotLeft + (runs < 2 ? plotWidth / 2 : (run * plotWidth) / (runs - 1));
  const yOf = (value: number) => plotTop + plotHeight * (1 - value / top);
  const grid = [0, top / 2, top].map((value) => {
    const y = rounded(yOf(value));
    return (
      `<path d="M${plotLeft} ${y}h${plotWidth}" stroke="#e4e4e4"/>` +
      text(plotLeft - 6, y + 4, short(value), 'text-anchor="end" fill="#777"')
    );
  });
  const aimed =
    aim === null
      ? ''
      : `<path d="M${plotLeft} ${rounded(yOf(aim))}h${plotWidth}" stroke="#b00" stroke-dasharray="4 3"/>` +
        text(plotLeft + plotWidth, yOf(aim) - 4, `aim ${short(aim)}`, 'text-anchor="end" fill="#b00"');
  const drawn = lines.map((line, index) => lineSvg(line, colours[index % colours.length] ?? '', xOf, yOf));
  const heading = text(12, 18, `${title} (${unit})`, 'font-weight="600"');
  return [heading, ...grid, aimed, ...drawn, lines.length > 1 ? legendSvg(lines) : ''].join('');
}

function lineSvg(
  { label, values }: Line,
  colour: string,
  xOf: (run: number) => number,
  yOf: (value: number) => number,
): string {
  const points = values.flatMap((value, run) => (value === null ? [] : [{ x: xOf(run), y: yOf(value), value }]));
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${rounded(x)} ${rounded(y)}`).join('');
  const dots = points.map(
    ({ x, y, value }) =>
      `<circle cx="${rounded(x)}" cy="${rounded(y)}" r="2.6" fill="${colour}"><title>${escaped(label)}: ${short(value)}</title></circle>`,
  );
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join('')}`;
}

function legendSvg(lines: readonly Line[]): string {
  return lines
    .map(({ label }, index) => {
      const x = 12 + (index % legendWords) * (panelWidth / legendWords - 6);
      const y = plotTop + plotHeight + 20 + Math.floor(index / legendWords) * 14;
      const colour = colours[index % colours.length] ?? '';
      return `<rect x="${rounded(x)}" y="${y - 8}" width="9" height="9" fill="${colour}"/>${text(x + 13, y, label, 'font-size="10"')}`;
    })
    .join('');
}

function text(x: number, y: number, words: string, attributes: string): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}" ${attributes}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Three digits that tell. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
