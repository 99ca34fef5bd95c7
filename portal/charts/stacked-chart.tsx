/**
 * Bars of parts over time, drawn by ourselves. Whoever does not see them gets the same as a table, whoever points at one its
 * numbers; a bar may lead somewhere.
 */
import { Link } from '@tanstack/react-router';
import { shortTime } from '../elements/time-text.ts';
import { useIntlName, useTimeStyle } from '../elements/time.tsx';
import { Unseen } from '../elements/unseen.tsx';
import type { Tone } from '../elements/badge.tsx';
import styles from './stacked-chart.module.css';

export interface ChartPart {
  readonly tone: Tone;
  readonly name: string;
  readonly value: number;
}

export interface ChartBar {
  /** ISO 8601. */
  readonly start: string;
  readonly parts: readonly ChartPart[];
  /** Search of the list of deliveries that it leads to. */
  readonly search?: Readonly<Record<string, string>>;
}

export interface StackedChartProps {
  readonly label: string;
  readonly bars: readonly ChartBar[];
}

const height = 96;
const barWidth = 10;
const gap = 2;

export function StackedChart({ label, bars }: StackedChartProps) {
  const style = useTimeStyle();
  const number = new Intl.NumberFormat(useIntlName());
  const most = Math.max(1, ...bars.map(({ parts }) => sumOf(parts)));
  const width = Math.max(1, bars.length * (barWidth + gap));
  const names = bars[0]?.parts.map(({ name, tone }) => ({ name, tone })) ?? [];
  const titleOf = ({ start, parts }: ChartBar) =>
    [shortTime(Date.parse(start), style), ...parts.map(({ name, value }) => `${name}: ${number.format(value)}`)].join(
      '\n',
    );
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.caption}>
        {label}
        {names.length > 1 &&
          names.map(({ name, tone }) => (
            <span key={name} className={styles.key}>
              <span className={`${styles.dot ?? ''} ${styles[tone] ?? ''}`} aria-hidden />
              {name}
            </span>
          ))}
        <span className={styles.most}>max. {number.format(most)}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" className={styles.bars} aria-hidden>
        {bars.map((bar, index) => (
          <g key={bar.start} transform={`translate(${index * (barWidth + gap)} 0)`}>
            <title>{titleOf(bar)}</title>
            <rect width={barWidth} height={height} className={styles.ground} />
            {stacked(bar.parts, most).map(({ name, tone, y, partHeight }) => (
              <rect key={name} y={y} width={barWidth} height={partHeight} className={styles[tone]} />
            ))}
          </g>
        ))}
      </svg>
      <div className={styles.axis} aria-hidden>
        <span>{bars[0] === undefined ? '' : shortTime(Date.parse(bars[0].start), style)}</span>
        <span>{bars.length === 0 ? '' : shortTime(Date.parse(bars.at(-1)?.start ?? ''), style)}</span>
      </div>
      <Unseen>
        <table aria-label={label}>
          <tbody>
            {bars
              .filter(({ parts }) => sumOf(parts) > 0)
              .map((bar) => (
                <tr key={bar.start}>
                  <th scope="row">{shortTime(Date.parse(bar.start), style)}</th>
                  {bar.parts.map(({ name, value }) => (
                    <td key={name}>{`${name}: ${number.format(value)}`}</td>
                  ))}
                </tr>
              ))}
          </tbody>
        </table>
      </Unseen>
      {bars.some(({ search }) => search !== undefined) && <BarLinks bars={bars} titleOf={titleOf} />}
    </figure>
  );
}

/** The bars as links, one above each, for pointer and keyboard alike. */
function BarLinks({
  bars,
  titleOf,
}: {
  readonly bars: readonly ChartBar[];
  readonly titleOf: (bar: ChartBar) => string;
}) {
  return (
    <ul className={styles.links}>
      {bars.map((bar) => (
        <li key={bar.start}>
          <Link to="/deliveries" search={bar.search ?? {}} title={titleOf(bar)}>
            <Unseen>{titleOf(bar)}</Unseen>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function sumOf(parts: readonly ChartPart[]): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

/** From the bottom up. */
function stacked(parts: readonly ChartPart[], most: number) {
  let top = height;
  return parts.map(({ name, tone, value }) => {
    const partHeight = (value / most) * height;
    top -= partHeight;
    return { name, tone, y: top, partHeight };
  });
}
