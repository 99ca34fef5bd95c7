/** A row of bars without axes: how something went, beside the number that it came to. */
import styles from './sparkline.module.css';

export interface SparklineBar {
  /** 0 to 1 of the height. */
  readonly height: number;
  readonly isBad: boolean;
}

const width = 96;
const height = 20;

/** @param label what it says in words, for whoever does not see it */
export function Sparkline({ bars, label }: { readonly bars: readonly SparklineBar[]; readonly label: string }) {
  const step = width / Math.max(1, bars.length);
  const barWidth = Math.max(1, step - 1);
  // One path for all of one colour: a list has one such picture in each row.
  const drawn = (isWanted: (bar: SparklineBar) => boolean) =>
    bars
      .map((bar, index) => ({ bar, x: index * step }))
      .filter(({ bar }) => isWanted(bar))
      .map(({ bar: { height: part }, x }) => {
        const barHeight = part === 0 ? 1 : Math.max(2, part * height);
        return `M${round(x)} ${round(height - barHeight)}h${round(barWidth)}V${height}h-${round(barWidth)}z`;
      })
      .join('');
  const paths = [
    [styles.none, drawn(({ height: part }) => part === 0)],
    [styles.good, drawn(({ height: part, isBad }) => part > 0 && !isBad)],
    [styles.bad, drawn(({ height: part, isBad }) => part > 0 && isBad)],
  ] as const;
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`} className={styles.sparkline}>
      {paths.map(([name, path]) => path !== '' && <path key={name} className={name} d={path} />)}
    </svg>
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
