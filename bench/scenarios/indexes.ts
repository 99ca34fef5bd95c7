/**
 * Indexes over a large history that is in use: `setup` makes those that are missing while somebody writes. Told is how long it takes,
 * and what a change of a delivery takes meanwhile, against the same before. The size of the trial is `--deliveries 10000000`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { wantedIndexes } from '../../libs/postgres/server/wanted-indexes.ts';
import { migrate } from '../../libs/postgres/server/migrate.ts';
import { createFileLogger } from '../../stack/file-logger.ts';
import { startStep } from '../../stack/terminal.ts';
import { join } from 'node:path';
import { seedHistory } from '../history-seed.ts';
import { latenciesOf, type Latencies } from '../latencies.ts';
import type { Figure } from '../measured.ts';
import { logFolder } from '../servers.ts';
import type { Scenario } from '../scenario.ts';

const usual = 1_000_000;
const days = 30;
const writesPerSecond = 20;
const beforeMs = 15_000;

export const indexes: Scenario = {
  name: 'indexes',
  summary: `indexes made over ${usual} deliveries, or as many as are named, while somebody writes`,
  run: (bench) =>
    bench.withHarness({}, async ({ signal, system }) => {
      const url = system.env['DATABASE_URL'] ?? '';
      const deliveries = bench.deliveries ?? usual;
      const step = startStep('History');
      await seedHistory(url, { deliveries, days, signal, onProgress: step.progress });
      step.done(`${deliveries} deliveries`);
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const making = startStep('Indexes');
      try {
        const ofHistory = wantedIndexes.filter(({ table }) => table === 'delivery' || table === 'event');
        for (const { name } of ofHistory) await client.query(`drop index ${name}`);
        const { rows } = await client.query<{ id: string }>('select id from delivery order by random() limit 1000');
        const ids = rows.map(({ id }) => id);
        making.progress('writing, no index is made');
        const before = await writesWhile(client, ids, () => pause(beforeMs));
        making.progress('writing while they are made');
        const beganAt = performance.now();
        const logger = createFileLogger(join(logFolder, 'indexes.log'));
        const during = await writesWhile(client, ids, () => migrate(url, logger));
        const seconds = (performance.now() - beganAt) / 1_000;
        making.done(`${ofHistory.length} indexes in ${seconds.toFixed(0)} s`);
        return {
          series: [],
          figures: [
            { name: `${ofHistory.length} indexes over ${deliveries} deliveries`, value: seconds, unit: 's' },
            ...told('a change before', before),
            ...told('a change meanwhile', during),
          ],
          notes: [`Made: ${ofHistory.map(({ name }) => name).join(', ')}`],
        };
      } catch (error) {
        making.fail();
        throw error;
      } finally {
        await client.end();
      }
    }),
};

/** What changes took while that was done, and one at least that began meanwhile. */
async function writesWhile(
  client: pg.Client,
  ids: readonly string[],
  work: () => Promise<unknown>,
): Promise<Latencies> {
  const times: number[] = [];
  let isOver = false;
  const writing = async () => {
    for (let number = 0; !isOver; number += 1) {
      const beganAt = performance.now();
      await client.query('update delivery set last_response_code = last_response_code where id = $1', [
        ids[number % ids.length],
      ]);
      times.push(performance.now() - beganAt);
      await pause(1_000 / writesPerSecond);
    }
  };
  const written = writing();
  await work().finally(() => {
    isOver = true;
  });
  await written;
  return latenciesOf(Float64Array.from(times));
}

function told(name: string, { count, p50, p99, max }: Latencies): Figure[] {
  return [
    { name: `${name}: how many`, value: count, unit: '' },
    ...Object.entries({ p50, p99, max }).map(([part, value]) => ({ name: `${name}: ${part}`, value, unit: 'ms' })),
  ];
}
