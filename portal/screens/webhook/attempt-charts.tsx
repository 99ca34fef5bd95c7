/** Attempts of the last day by the hour, and how long they took. */
import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../../api/api.ts';
import { read } from '../../api/reads.ts';
import { Section } from '../../app/page.tsx';
import { StackedChart } from '../../charts/stacked-chart.tsx';
import { Loaded } from '../../elements/states.tsx';

export function AttemptCharts({ webhookId }: { readonly webhookId: string }) {
  const { t } = useLingui();
  const query = useQuery({
    queryKey: ['stats', webhookId],
    queryFn: ({ signal }) => read<Schemas['Stats']>('/v1/stats', { bucket: '1h', webhookId }, signal),
    staleTime: 60_000,
  });
  const names = { delivered: t`Delivered`, retrying: t`Retrying`, failed: t`Failed` };
  return (
    <Section title={t`Attempts of the last 24 hours`}>
      <Loaded query={query} lines={4}>
        {({ data }) => (
          <>
            <StackedChart
              label={t`Attempts by the hour`}
              bars={data.map(({ start, delivered, failedRetryable, failedPermanent }) => ({
                start,
                parts: [
                  { tone: 'good', name: names.delivered, value: delivered },
                  { tone: 'busy', name: names.retrying, value: failedRetryable },
                  { tone: 'bad', name: names.failed, value: failedPermanent },
                ],
              }))}
            />
            <StackedChart
              label={t`Latency by the hour (p95, ms)`}
              bars={data.map(({ start, latencyMs }) => ({
                start,
                parts: [{ tone: 'calm', name: 'p95', value: latencyMs?.p95 ?? 0 }],
              }))}
            />
          </>
        )}
      </Loaded>
    </Section>
  );
}
