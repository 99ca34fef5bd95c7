/** Attempts of all webhooks over a day, a week or a month; a bar leads to its deliveries. */
import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../../api/api.ts';
import { read } from '../../api/reads.ts';
import { Section } from '../../app/page.tsx';
import { useSearchState } from '../../app/search.ts';
import { StackedChart } from '../../charts/stacked-chart.tsx';
import { Button } from '../../elements/button.tsx';
import { Loaded } from '../../elements/states.tsx';
import { useIntlName } from '../../elements/time.tsx';
import reading from '../../style/reading.module.css';
import styles from './overview-screen.module.css';

const hourMs = 3_600_000;

const ranges = {
  '24h': { bucket: '1h', ms: 24 * hourMs, stepMs: hourMs },
  '7d': { bucket: '1d', ms: 7 * 24 * hourMs, stepMs: 24 * hourMs },
  '30d': { bucket: '1d', ms: 30 * 24 * hourMs, stepMs: 24 * hourMs },
} as const;
type RangeName = keyof typeof ranges;

export function AttemptsOverTime() {
  const { t } = useLingui();
  const { get, change } = useSearchState();
  const said = get('range');
  const name: RangeName = said === '7d' || said === '30d' ? said : '24h';
  const { bucket, stepMs } = ranges[name];
  const query = useQuery({
    queryKey: ['stats', 'all', name],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - ranges[name].ms).toISOString();
      return read<Schemas['Stats']>('/v1/stats', { bucket, from }, signal);
    },
    staleTime: 60_000,
  });
  const names = { delivered: t`Delivered`, retrying: t`Retrying`, failed: t`Failed` };
  const rangeNames: Readonly<Record<RangeName, string>> = { '24h': t`24 hours`, '7d': t`7 days`, '30d': t`30 days` };
  return (
    <Section title={t`Attempts`}>
      <div role="group" aria-label={t`Range`} className={reading.actions}>
        {(Object.keys(ranges) as RangeName[]).map((range) => (
          <Button
            key={range}
            look={range === name ? 'main' : 'plain'}
            aria-pressed={range === name}
            onClick={() => {
              change({ range: range === '24h' ? null : range }, { replace: true });
            }}
          >
            {rangeNames[range]}
          </Button>
        ))}
      </div>
      <Loaded query={query} lines={5}>
        {({ totals, data }) => (
          <>
            <Totals totals={totals} />
            <StackedChart
              label={t`Attempts over time`}
              bars={data.map(({ start, delivered, failedRetryable, failedPermanent }) => ({
                start,
                parts: [
                  { tone: 'good', name: names.delivered, value: delivered },
                  { tone: 'busy', name: names.retrying, value: failedRetryable },
                  { tone: 'bad', name: names.failed, value: failedPermanent },
                ],
                search: { from: start, to: new Date(Date.parse(start) + stepMs).toISOString() },
              }))}
            />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Totals({ totals }: { readonly totals: Schemas['Stats']['totals'] }) {
  const { t } = useLingui();
  const language = useIntlName();
  const number = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const { attempts, successRate, latencyMs, timeMs } = totals;
  const facts = [
    [t`Attempts`, number.format(attempts)],
    [t`Success rate`, successRate === null ? '–' : percent.format(successRate)],
    [t`p95 latency`, latencyMs === null ? '–' : `${number.format(latencyMs.p95)} ms`],
    // The rest was in attempts and between retries. A process of the version before says nothing of it.
    [t`Time in our system`, timeMs == null ? '–' : percent.format(timeMs.ours / (timeMs.ours + timeMs.theirs))],
  ] as const;
  return (
    <dl className={styles.tiles}>
      {facts.map(([label, value]) => (
        <div key={label} className={styles.tile}>
          <dt className={styles.label}>{label}</dt>
          <dd className={styles.number}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
