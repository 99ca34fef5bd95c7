import type { CommandContext } from '../command.ts';
import { rejectedLookedAt } from '../commands/why.ts';
import { withKafka } from '../kafka-access.ts';
import { rejectedRecords } from '../rejected-records.ts';
import type { Finding } from '../why/finding.ts';
import { isAbout, rejectedFinding } from '../why/rejected-findings.ts';

/** Newest first. Null: Kafka is out of reach for whoever asks, which is a remark, and no failure. */
export async function rejectedFindings(context: CommandContext, id: string): Promise<readonly Finding[] | null> {
  const found: Finding[] = [];
  try {
    await withKafka(context, {}, async (access) => {
      const records = await rejectedRecords(context, access, rejectedLookedAt, (one) => isAbout(id, one));
      found.push(...records.map(rejectedFinding).reverse());
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    context.terminal.remark(`Kafka is not asked whether it was rejected, the API is: ${error.message}`);
    return null;
  }
  return found;
}
