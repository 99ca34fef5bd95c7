/** `npm run seed-history -- [deliveries] [days]`: fills the database of DATABASE_URL, or of `npm start`, for trying things out. */
import { databaseKeys } from '../libs/runtime/config-keys.ts';
import { readConfig } from '../libs/runtime/config.ts';
import { StackFailure } from '../stack/failure.ts';
import { endAfter } from '../stack/run-verb.ts';
import { startStep } from '../stack/terminal.ts';
import { seedHistory } from './history-seed.ts';

await endAfter(async (signal) => {
  const [deliveries = 1_000_000, days = 30] = process.argv.slice(2).map(Number);
  if (!(deliveries >= 1 && days >= 1 && days <= 365)) {
    throw new StackFailure('Use: npm run seed-history -- [deliveries, 1000000] [days up to today, 30]');
  }
  const { DATABASE_URL } = readConfig({ DATABASE_URL: databaseKeys.DATABASE_URL }, process.env);
  const step = startStep('History');
  const startedAt = Date.now();
  try {
    await seedHistory(DATABASE_URL, { deliveries, days, signal, onProgress: step.progress });
    step.done(`${deliveries} deliveries in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
  } catch (error) {
    step.fail();
    throw error;
  }
});
