/**
 * Whether Kafka says of webhooks what the database says: one of them may have been lost, or restored from an earlier time. In: a
 * system that runs. Out: one sentence for each topic that differs, with the command that mends it. Changes nothing.
 */
import { DatabaseDiagnosis } from '../libs/postgres/server/diagnosis.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import { compareDefinitions } from './definitions-comparison.ts';
import { judgeDefinitions } from './doctor/kept.ts';
import { setupConfig } from './setup-config.ts';

/** Empty where nothing differs, and where it cannot be found out, which the doctor explains. */
export async function definitionsNotice(env: Environment): Promise<readonly string[]> {
  const config = readConfig(setupConfig, env);
  const database = new DatabaseDiagnosis(config.DATABASE_URL);
  try {
    const waiting = await database.outbox.count();
    const findings = judgeDefinitions(await compareDefinitions(config, database.current, new Date()), waiting);
    return findings
      .filter(({ severity }) => severity === 'error')
      .map(({ says, remedy }) => `${says}: ${remedy ?? ''}`);
  } catch {
    return [];
  } finally {
    await database.close();
  }
}
