/** A row of bars without axes: how something went, beside the number that it came to. */
import styles from './sparkline.module.css';

export interface SparklineBar {
  readonly key: string;
  /** 0 to 1 of the height. */
  readonly height: number;
  readonly isBad: boolean;
}

const width = 96;
const height = 20;

/** @param label what it says in words, for whoever does not see it */
export function Sparkline({ bars, label }: { readonly bars: readonly SparklineBar[]; readonly label: string }) {
  const step = width / Math.max(1, bars.length);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`} className={styles.sparkline}>
      {bars.map(({ key, height: part, isBad }, index) => {
        const barHeight = part === 0 ? 1 : Math.max(2, part * height);
        return (
          <rect
            key={key}
            x={index * step}
            y={height - barHeight}
            width={Math.max(1, step - 1)}
            height={barHeight}
            className={part === 0 ? styles.none : isBad ? styles.bad : styles.good}
          />
        );
      })}
    </svg>
  );
}
