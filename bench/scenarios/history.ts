/**
 * How long a delivery takes from the endpoint's answer to its row in PostgreSQL: exact, because PostgreSQL is asked when
 * it committed the transaction that wrote the row (track_commit_timestamp), and nothing is polled meanwhile.
 */
import { registerEndpoints } from '../endpoints.ts';
import { eventNumberOf } from '../event-stamp.ts';
import { latenciesOf } from '../latencies.ts';
import { atMost, type Figure, type Measured } from '../measured.ts';
import type { Harness } from '../harness.ts';
import type { Scenario } from '../scenario.ts';

const webhooks = 20;
const rates = [
  { perSecond: 50, seconds: 30 },
  { perSecond: 500, seconds: 20 },
];

interface CommittedRow {
  readonly event_id: string;
  readonly committed_ms: number;
}

export const history: Scenario = {
  name: 'history',
  summary: `from the receiver's answer to the row in PostgreSQL, at ${rates.map(({ perSecond }) => perSecond).join(' and ')} events a second`,
  run: (bench) =>
    bench.withHarness({ postgresSettings: { track_commit_timestamp: 'on' } }, async (harness) => {
      const targets = (await registerEndpoints(harness, webhooks)).map(({ target }) => target);
      await harness.warmUp(targets);
      const series: Measured[] = [];
      const figures: Figure[] = [];
      for (const { perSecond, seconds } of rates) {
        const label = `${perSecond} a second`;
        const send = harness.pace(targets, perSecond);
        const measured = await harness.measure({ label, events: perSecond * seconds, send });
        series.push(measured);
        figures.push(...(await historyFigures(harness, measured)));
      }
      figures.push({ name: 'raw limit', value: await harness.rawLimit(), unit: 'POSTs a second' });
      return { series, figures, notes: [] };
    }),
};

async function historyFigures(harness: Harness, { label, events }: Measured): Promise<readonly Figure[]> {
  const answeredAt = await harness.receiver.ask('answeredAt', null);
  const rows = await harness.catchUp.query<CommittedRow>(
    `select event_id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as committed_ms
     from delivery where status = 'delivered'`,
  );
  const ages = rows.flatMap((row) => {
    const answered = answeredAt[(eventNumberOf(row.event_id) ?? -1) - events.from] ?? 0;
    return answered > 0 ? [row.committed_ms - answered] : [];
  });
  const { count, p50, p99, max } = latenciesOf(Float64Array.from(ages));
  return [
    { name: `${label}: rows of ${events.to - events.from} deliveries`, value: count, unit: '' },
    { name: `${label}: answer to row, p50`, value: p50, unit: 'ms' },
    atMost(1_000, `${label}: answer to row, p99`, p99, 'ms'),
    { name: `${label}: answer to row, max`, value: max, unit: 'ms' },
  ];
}
